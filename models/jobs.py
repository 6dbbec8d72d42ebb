"""Jobs as the commands change them: create, cancel, retry, close. Every function works inside the caller's transaction.

Rows are locked in one order everywhere, batch before document before job, so that no two transactions wait for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models.database import changed, chunks, now, serialize
from models.errors import JobError
from models.options import JobOptions
from models.reports import get_job
from models.tables import FINAL_DOCUMENT_STATES, BatchRow, BatchState, DocumentRow, DocumentState, JobRow, JobState, SegmentRow


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A file to translate; with an error, one that was turned away and is only recorded (its output may be empty)."""

    source: str
    output: str
    error_code: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """How many documents were started afresh, and how many cannot be because they were turned away when they were submitted."""

    documents: int
    turned_away: int

    @property
    def left_out(self) -> str:
        """Return the end of a sentence that says what to do about those that were turned away; empty without any."""
        return f"; {self.turned_away} turned away at submission must be submitted again" if self.turned_away else ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may have been translated before."""

    source: str
    output: str
    source_sha256: str


def create_job(session: Session, options: JobOptions, signature: str, documents: Sequence[NewDocument]) -> int:
    """Record a job of new documents and return its number. `signature` is the engine's (pipeline.engines.engine_signature)."""
    moment = session.scalars(select(now(session))).one()
    job = JobRow(options_json=options.to_json(), signature=signature, created_at=moment)
    session.add(job)
    session.flush()
    session.add_all(DocumentRow(job_id=job.id, created_at=moment, **_initial(document)) for document in documents)
    session.flush()
    close_job(session, job.id)
    return job.id


def cancel_job(session: Session, job_id: int) -> int:
    """Give up the unfinished documents of a running job and return their number; raise JobError where it does not run."""
    serialize(session)
    job = get_job(session, job_id)
    if job.state is not JobState.RUNNING:
        raise JobError(f"job {job_id} is {job.state.value}; only a running job can be cancelled")
    unfinished = (DocumentRow.job_id == job_id, DocumentRow.state.not_in(FINAL_DOCUMENT_STATES))
    abandon_batches(session, list(session.scalars(select(DocumentRow.id).where(*unfinished))), "cancelled")
    values = {"state": DocumentState.CANCELLED, "remaining": 0, "lease_token": None, "lease_until": None, "finished_at": now(session)}
    cancelled = changed(session, update(DocumentRow).where(*unfinished).values(values))
    session.execute(update(JobRow).where(JobRow.id == job_id).values(state=JobState.CANCELLED, finished_at=now(session)))
    return cancelled


def retry_job(session: Session, job_id: int) -> Retried:
    """Start the failed documents of a job afresh; raise JobError where there are none.

    What was already translated comes back from the memory. Documents that were turned away when they were submitted stay failed.
    """
    serialize(session)
    get_job(session, job_id)
    in_job = (DocumentRow.job_id == job_id, DocumentRow.state == DocumentState.FAILED)
    failed = (*in_job, DocumentRow.output != "")
    ids = list(session.scalars(select(DocumentRow.id).where(*failed)))
    turned_away = session.scalars(select(func.count()).where(*in_job, DocumentRow.output == "")).one()
    retried = Retried(len(ids), turned_away)
    if not ids:
        raise JobError(f"job {job_id} has no failed document that could be retried{retried.left_out}")
    for chunk in chunks(ids):
        session.execute(delete(SegmentRow).where(SegmentRow.document_id.in_(chunk)))
        session.execute(delete(BatchRow).where(BatchRow.document_id.in_(chunk)))
    session.execute(update(DocumentRow).where(*failed).values(_AFRESH))
    session.execute(update(JobRow).where(JobRow.id == job_id).values(state=JobState.RUNNING, finished_at=None))
    return retried


def find_unchanged(session: Session, options: JobOptions, signature: str, candidates: Sequence[Candidate]) -> set[str]:
    """Return the outputs last made from the same source bytes by the same model and options. Whether they still exist is not checked."""
    wanted = {candidate.output: (candidate.source, candidate.source_sha256, options, signature) for candidate in candidates}
    latest: dict[str, tuple[Any, ...]] = {}
    for chunk in chunks(list(wanted)):
        rows = session.execute(
            select(DocumentRow.output, DocumentRow.source, DocumentRow.source_sha256, JobRow.options_json, JobRow.signature)
            .join(JobRow, JobRow.id == DocumentRow.job_id)
            .where(DocumentRow.output.in_(chunk), DocumentRow.state == DocumentState.DONE)
            .order_by(DocumentRow.finished_at, DocumentRow.id)
        )
        latest.update((row.output, (row.source, row.source_sha256, JobOptions.from_json(row.options_json), row.signature)) for row in rows)
    return {output for output, made_from in latest.items() if made_from == wanted[output]}


def find_written(session: Session, outputs: Mapping[str, str]) -> set[str]:
    """Return those of the files, given as path and sha256, that a job wrote or was about to write when it was stopped."""
    ours: set[str] = set()
    for chunk in chunks(list(outputs)):
        rows = session.execute(
            select(DocumentRow.output, DocumentRow.output_sha256, DocumentRow.state).where(DocumentRow.output.in_(chunk))
        )
        ours.update(output for output, digest, state in rows if digest == outputs[output] or state is DocumentState.ASSEMBLING)
    return ours


def close_job(session: Session, job_id: int) -> bool:
    """Close a running job whose documents are all final; say whether it did."""
    # The lock makes the second of two last documents wait, and then see that the first is done.
    session.execute(select(JobRow.id).where(JobRow.id == job_id).with_for_update())
    states = set(session.scalars(select(DocumentRow.state).where(DocumentRow.job_id == job_id).distinct()))
    if not states.issubset(FINAL_DOCUMENT_STATES):
        return False
    state = JobState.FAILED if DocumentState.FAILED in states else JobState.DONE
    running = (JobRow.id == job_id, JobRow.state == JobState.RUNNING)
    return bool(changed(session, update(JobRow).where(*running).values(state=state, finished_at=now(session))))


def abandon_batches(session: Session, document_ids: Sequence[int], reason: str) -> None:
    """Take the unfinished batches of some documents out of the work; what is in flight on them is dropped when it ends."""
    for chunk in chunks(document_ids):
        session.execute(
            update(BatchRow)
            .where(BatchRow.document_id.in_(chunk), BatchRow.state.in_((BatchState.PENDING, BatchState.LEASED)))
            .values(state=BatchState.DEAD, error=reason, lease_token=None, lease_until=None)
        )


_ZERO = ("segments", "unique_segments", "known_segments", "done_segments", "warnings", "remaining", "failed_batches", "attempts")
_UNKNOWN = ("source_sha256", "output_sha256", "lease_token", "lease_until", "dispatched_at", "started_at", "finished_at")
_AFRESH: Mapping[str, Any] = {
    "state": DocumentState.NEW,
    "seconds": 0.0,
    "error_code": None,
    "error": None,
    **dict.fromkeys(_ZERO, 0),
    **dict.fromkeys(_UNKNOWN),
}


def _initial(document: NewDocument) -> dict[str, Any]:
    return {**asdict(document), "state": DocumentState.FAILED if document.error_code else DocumentState.NEW}
