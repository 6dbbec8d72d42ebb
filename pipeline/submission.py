"""What a submission would do: which documents it translates, which it turns away, which it leaves as they are."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.database import Database
from models.errors import InputError, OutputError
from models.jobs import Candidate, NewDocument, create_job, find_unchanged, find_written
from models.options import JobOptions
from models.paths import plain
from pipeline.document import read_source
from pipeline.scan import Failure, Planned, Scan, ScanOptions, Skipped, scan


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for; `signature` is the engine's, `force` translates and replaces whatever is there."""

    paths: tuple[Path, ...]
    scan: ScanOptions
    job: JobOptions
    signature: str
    force: bool = False


def plan(database: Database, request: Request) -> Scan:
    """Return what is to be translated.

    Without `force`, a document is left alone whose output was made from the same bytes by the same model and options, and a file that
    stands in the place of an output is never replaced unless it is, byte for byte, what an earlier job wrote there.
    """
    found = scan(request.paths, request.scan)
    existing = [planned for planned in found.documents if planned.output.exists()]
    if request.force or not existing:
        return found
    unchanged = _unchanged(database, request, existing)
    foreign = _foreign(database, [planned for planned in existing if planned not in unchanged])
    return Scan(
        tuple(planned for planned in found.documents if planned not in unchanged and planned not in foreign),
        found.failures + tuple(Failure(planned.source, _refusal(planned)) for planned in found.documents if planned in foreign),
        found.skipped + tuple(Skipped(planned.source, "unchanged") for planned in found.documents if planned in unchanged),
    )


def record(database: Database, request: Request, planned: Scan) -> int:
    """Create the job, with the inputs that were turned away as its failed documents, and return its number."""
    accepted = [NewDocument(str(document.source), str(document.output)) for document in planned.documents]
    refused = [NewDocument(plain(failure.source), "", failure.error.code, str(failure.error)) for failure in planned.failures]
    with database.begin() as session:
        return create_job(session, request.job, request.signature, accepted + refused)


def _unchanged(database: Database, request: Request, existing: Sequence[Planned]) -> set[Planned]:
    digests = {planned: _digest(planned.source) for planned in existing}
    candidates = [Candidate(str(planned.source), str(planned.output), digest) for planned, digest in digests.items() if digest]
    with database.begin() as session:
        outputs = find_unchanged(session, request.job, request.signature, candidates)
    return {planned for planned in existing if str(planned.output) in outputs}


def _foreign(database: Database, existing: Sequence[Planned]) -> set[Planned]:
    outputs = {str(planned.output): _digest(planned.output) for planned in existing}
    with database.begin() as session:
        ours = find_written(session, outputs)
    return {planned for planned in existing if str(planned.output) not in ours}


def _digest(path: Path) -> str:
    """Return the digest of a file; empty where it cannot be read, which the job then reports."""
    try:
        return hashlib.sha256(read_source(path)).hexdigest()
    except InputError:
        return ""


def _refusal(planned: Planned) -> OutputError:
    return OutputError(f"{planned.output} exists and is not what translate-docs wrote there; move it away or pass --force")
