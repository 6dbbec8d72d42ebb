"""How the command line shows jobs, estimates, models and checks: as text, and as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from console.format import duration, one_line, shown, table, timestamp, to_json
from models.database import Database
from models.paths import plain
from models.reports import DocumentSummary, JobSummary, Progress, document_rows, job_summary, list_jobs
from models.segment import Translation, Verdict
from models.tables import DocumentState, JobState
from pipeline.scan import Failure, Scan, Skipped

if TYPE_CHECKING:
    from nmt.bundle import Manifest
    from pipeline.estimate import Estimate
    from tasks.doctor import Check

# The reasons that are worth a line for each entry; of the others the number is enough.
_LISTED_REASONS = frozenset({"own-output", "output-folder", "symlink", "lock-file"})
_JOB_COLUMNS = ("job", "state", "created", "documents", "failed", "segments", "warnings")
_DOCUMENT_COLUMNS = ("document", "segments", "warnings", "seconds", "output")


def print_job(database: Database, job: int, skipped: Sequence[Skipped] | None = None, *, as_json: bool, brief: bool = False) -> int:
    """Print a job, with its documents unless `brief`, and return 1 where some of them failed.

    `skipped` is what its submission left out, None where that is not known any more.
    """
    with database.begin() as session:
        summary, documents = job_summary(session, job), document_rows(session, job)
    if as_json:
        click.echo(to_json(job_json(summary, documents, skipped)))
    else:
        if not brief:
            click.echo(document_table(documents, skipped or ()))
        click.echo(f"job {job} {summary.state.value}: {counts_line(documents, skipped or ())}{_known(summary.progress)}")
        if summary.progress.warnings and not brief:
            click.echo(f"`translate-docs status {job} --segments` shows what has warnings", err=True)
    return int(summary.state is JobState.FAILED)


def print_jobs(database: Database, jobs: Sequence[int], *, as_json: bool, brief: bool = False) -> int:
    """Print some jobs, as JSON in a list, and return 1 where documents of any of them failed."""
    if not as_json:
        if not jobs:
            click.echo("nothing is unfinished")
        return max([print_job(database, job, as_json=False, brief=brief) for job in jobs], default=0)
    with database.begin() as session:
        found = [(job_summary(session, job), document_rows(session, job)) for job in jobs]
    click.echo(to_json([job_json(summary, documents) for summary, documents in found]))
    return int(any(summary.state is JobState.FAILED for summary, _ in found))


def print_no_jobs(database: Database, *, as_json: bool) -> None:
    """Print that the database has no job."""
    click.echo(to_json(job_json(None, [])) if as_json else f"there are no jobs in {database}")


def print_nothing(skipped: Sequence[Skipped], *, as_json: bool) -> None:
    """Print that there is nothing to make a job of, and what was skipped."""
    if as_json:
        click.echo(to_json(job_json(None, [], skipped)))
    else:
        click.echo(document_table([], skipped) + "\n" if _listed(skipped) else "", nl=False)
        click.echo(counts_line([], skipped))


def print_job_list(database: Database, limit: int, *, as_json: bool) -> None:
    """Print the newest jobs."""
    with database.begin() as session:
        jobs = list_jobs(session, limit=limit)
    click.echo(to_json([_job_list_json(job) for job in jobs]) if as_json else table(_JOB_COLUMNS, map(_job_row, jobs)))


def print_estimate(found: "Estimate", planned: Scan, *, as_json: bool) -> None:
    """Print how much work a submission would be."""
    failures = planned.failures + found.failures
    if as_json:
        values = {name: getattr(found, name) for name in ("documents", "segments", "characters", "unique", "known")}
        refused = [{"source": plain(entry.source), "code": entry.error.code, "message": str(entry.error)} for entry in failures]
        click.echo(to_json({**values, "seconds": round(found.seconds, 1), "failures": refused, "skipped": _skipped_json(planned.skipped)}))
        return
    for entry in failures:
        click.echo(_failure_line(entry))
    click.echo(
        f"{found.documents:,} documents, {found.segments:,} segments ({found.unique:,} different, {found.known:,} already translated), "
        f"{found.characters:,} characters, about {duration(found.seconds)}"
    )
    if planned.skipped:
        click.echo(counts_line([], planned.skipped))


def document_table(documents: Sequence[DocumentSummary], skipped: Sequence[Skipped] = ()) -> str:
    """Return a table of documents; the last column is the output, or what went wrong."""
    rows = [(shown(entry.source), entry.segments, entry.warnings, f"{entry.seconds:.1f}", _outcome(entry)) for entry in documents]
    rows += [(shown(entry.source), 0, 0, "0.0", f"skipped: {entry.reason}") for entry in _listed(skipped)]
    return table(_DOCUMENT_COLUMNS, rows)


def _known(progress: Progress) -> str:
    return f"; {progress.known_segments} of {progress.unique_segments} segments were known" if progress.known_segments else ""


def document_state(document: DocumentSummary) -> str:
    """Return the state of a document as a word; one with warnings is never plainly done."""
    return "done_with_warnings" if document.state is DocumentState.DONE and document.warnings else document.state.value


def counts(documents: Iterable[DocumentSummary]) -> dict[str, int]:
    """Return how many documents are in which state."""
    states = Counter(map(document_state, documents))
    final = {state: states.pop(state, 0) for state in ("done", "done_with_warnings", "failed", "cancelled")}
    return {**final, "unfinished": sum(states.values())}


def counts_line(documents: Sequence[DocumentSummary], skipped: Sequence[Skipped]) -> str:
    """Return the counts as one line."""
    numbers = {**counts(documents), "skipped": len(skipped)}
    parts = [f"{number} {name.replace('_', ' ')}" for name, number in numbers.items() if number]
    reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(_reasons(skipped).items()))
    return (", ".join(parts) or "nothing to translate") + (f" ({reasons})" if reasons else "")


def job_json(job: JobSummary | None, documents: Sequence[DocumentSummary], skipped: Sequence[Skipped] | None = None) -> dict[str, Any]:
    """Return a job as `submit`, `status`, `retry` and `resume` print it with --json; only the first knows what was `skipped`."""
    return {
        "job": job and job.id,
        "state": job and job.state.value,
        "model": job and job.signature,
        "created": job and timestamp(job.created_at),
        "finished": job and timestamp(job.finished_at),
        "counts": counts(documents) | ({} if skipped is None else {"skipped": len(skipped)}),
        "documents": [_document_json(document) for document in documents],
        **({} if skipped is None else {"skipped": _skipped_json(skipped)}),
    }


def progress_line(progress: Progress) -> str:
    """Return how far some work is: documents that are finished, and segments among those known so far."""
    return f"{progress.finished}/{progress.total} documents, {progress.done_segments}/{progress.unique_segments} segments"


def translation_line(translation: Translation, *, as_json: bool) -> str:
    """Return one line, with its end, for a translated line."""
    if not as_json:
        return translation.target.replace("\n", " ") + "\n"
    values = {name: getattr(translation, name) for name in ("score", "tokens", "warnings")}
    terms = [verdict_json(verdict) for verdict in translation.verdicts]
    return to_json({"source": translation.source, "translation": translation.target, **values, "terms": terms}) + "\n"


def verdict_json(verdict: Verdict) -> dict[str, str]:
    """Return what became of a glossary term as JSON."""
    return {"source": verdict.source, "target": verdict.target, "outcome": verdict.outcome, "reason": verdict.reason}


def manifest_json(manifest: "Manifest") -> dict[str, Any]:
    """Return a model bundle as JSON."""
    names = ("name", "precision", "digest", "tokenizer", "positions", "max_source", "max_target", "beam", "penalty", "files", "record")
    return {"folder": plain(manifest.folder), **{name: getattr(manifest, name) for name in names}, "network": manifest.network.to_json()}


def manifest_text(manifest: "Manifest") -> str:
    """Return a model bundle as lines of names and values, nested ones indented."""
    return "\n".join(_outline(manifest_json(manifest), ""))


def _outline(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}"
            yield from _outline(value, f"{indent}  ")
        elif isinstance(value, list):
            yield f"{indent}{name}"
            yield from (f"{indent}  {'; '.join(map(str, item.values())) if isinstance(item, Mapping) else item}" for item in value)
        else:
            yield f"{indent}{name:<22}{value}"


def check_json(check: "Check") -> dict[str, Any]:
    """Return one check of `doctor` as JSON."""
    return {"check": check.name, "ok": check.error is None, "detail": check.detail, "code": check.error and check.error.code}


def check_line(check: "Check") -> str:
    """Return one check of `doctor` as a line."""
    return f"{'ok' if check.error is None else 'PROBLEM':<9}{check.name:<10}{one_line(check.detail)}"


def _outcome(document: DocumentSummary) -> str:
    if document.error_code:
        return f"{document.error_code}: {one_line(document.error or '')}"
    return shown(document.output) if document.state is DocumentState.DONE else document.state.value


def _failure_line(failure: Failure) -> str:
    return f"{shown(failure.source)}  {failure.error.code}: {one_line(str(failure.error))}"


def _listed(skipped: Sequence[Skipped]) -> list[Skipped]:
    return [entry for entry in skipped if entry.reason in _LISTED_REASONS]


def _reasons(skipped: Sequence[Skipped]) -> Counter[str]:
    return Counter(entry.reason for entry in skipped)


def _skipped_json(skipped: Sequence[Skipped]) -> list[dict[str, str]]:
    return [{"source": plain(entry.source), "reason": entry.reason} for entry in skipped]


def _document_json(document: DocumentSummary) -> dict[str, Any]:
    return {
        "source": document.source,
        "output": document.output or None,
        "state": document_state(document),
        "code": document.error_code,
        "message": document.error,
        "segments": document.segments,
        "known": document.known_segments,
        "warnings": document.warnings,
        "notes": list(document.notes),
        "seconds": round(document.seconds, 3),
    }


def _job_row(job: JobSummary) -> tuple[object, ...]:
    progress = job.progress
    created = (timestamp(job.created_at) or "").replace("T", " ")
    documents = f"{progress.finished}/{progress.total}"
    return (job.id, job.state.value, created, documents, progress.documents[DocumentState.FAILED], progress.segments, progress.warnings)


def _job_list_json(job: JobSummary) -> dict[str, Any]:
    return {
        "job": job.id,
        "state": job.state.value,
        "model": job.signature,
        "created": timestamp(job.created_at),
        "finished": timestamp(job.finished_at),
        "documents": {state.value: number for state, number in job.progress.documents.items() if number},
        "segments": job.progress.segments,
        "warnings": job.progress.warnings,
    }
