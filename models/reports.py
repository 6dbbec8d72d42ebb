"""How far the jobs are: what `status`, `list` and the progress bar show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.compact import codes_from_text
from models.database import chunks
from models.errors import JobError
from models.options import JobOptions
from models.tables import FINAL_DOCUMENT_STATES, DocumentRow, DocumentState, JobRow, JobState


@dataclass(frozen=True, slots=True)
class Progress:
    """How far some jobs are. `segments` counts repeats; the next three do not; `known_segments` came from the memory."""

    documents: Mapping[DocumentState, int]
    segments: int
    unique_segments: int
    known_segments: int
    done_segments: int
    warnings: int
    seconds: float

    @property
    def total(self) -> int:
        """Return the number of documents."""
        return sum(self.documents.values())

    @property
    def finished(self) -> int:
        """Return the number of documents that nothing more will happen to."""
        return sum(self.documents[state] for state in FINAL_DOCUMENT_STATES)


@dataclass(frozen=True, slots=True)
class JobSummary:
    """A job and how far it is."""

    id: int
    state: JobState
    options: JobOptions
    signature: str
    created_at: float
    finished_at: float | None
    progress: Progress


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """One document of a job.

    `seconds` is time spent working on it; `notes` are codes of what its translation cannot keep; `error` is one line, `error_code` a stable
    word.
    """

    id: int
    job_id: int
    source: str
    output: str
    state: DocumentState
    segments: int
    unique_segments: int
    known_segments: int
    done_segments: int
    warnings: int
    notes: tuple[str, ...]
    seconds: float
    error_code: str | None
    error: str | None


def list_jobs(session: Session, *states: JobState, limit: int | None = None) -> list[JobSummary]:
    """Return the jobs in these states (in any, without states), newest first, and not more than `limit`."""
    query = select(JobRow).order_by(JobRow.id.desc()).limit(limit)
    jobs = session.scalars(query.where(JobRow.state.in_(states)) if states else query).all()
    progress = _progress_by_job(session, [job.id for job in jobs])
    return [_summary(job, progress[job.id]) for job in jobs]


def newest_job(session: Session) -> int | None:
    """Return the number of the last job that was submitted."""
    return session.scalar(select(func.max(JobRow.id)))


def job_summary(session: Session, job_id: int) -> JobSummary:
    """Return one job, or raise JobError."""
    return _summary(get_job(session, job_id), progress_of(session, [job_id]))


def progress_of(session: Session, job_ids: Sequence[int]) -> Progress:
    """Return how far these jobs are, taken together."""
    return _add(_progress_by_job(session, job_ids).values())


def document_rows(session: Session, job_id: int) -> list[DocumentSummary]:
    """Return the documents of a job in the order they were submitted, or raise JobError."""
    get_job(session, job_id)
    columns = [getattr(DocumentRow, name) for name in DocumentSummary.__dataclass_fields__]
    rows = session.execute(select(*columns).where(DocumentRow.job_id == job_id).order_by(DocumentRow.id))
    return [DocumentSummary(**{**row._mapping, "notes": codes_from_text(row.notes)}) for row in rows]  # noqa: SLF001 - public, by its documentation


def get_job(session: Session, job_id: int) -> JobRow:
    """Return the row of a job, or raise JobError."""
    job = session.get(JobRow, job_id)
    if job is None:
        raise JobError(f"there is no job {job_id}; `translate-docs list` shows the jobs")
    return job


_COUNTED = ("segments", "unique_segments", "known_segments", "done_segments", "warnings", "seconds")


def _summary(job: JobRow, progress: Progress) -> JobSummary:
    options = JobOptions.from_json(job.options_json)
    return JobSummary(job.id, job.state, options, job.signature, job.created_at, job.finished_at, progress)


def _progress_by_job(session: Session, job_ids: Sequence[int]) -> dict[int, Progress]:
    sums = [func.coalesce(func.sum(getattr(DocumentRow, name)), 0) for name in _COUNTED]
    parts: dict[int, list[Progress]] = {job_id: [] for job_id in job_ids}
    for chunk in chunks(job_ids):
        rows = session.execute(
            select(DocumentRow.job_id, DocumentRow.state, func.count(), *sums)
            .where(DocumentRow.job_id.in_(chunk))
            .group_by(DocumentRow.job_id, DocumentRow.state)
        )
        for job_id, state, count, *sizes in rows:
            parts[job_id].append(Progress({state: count}, *sizes))
    return {job_id: _add(some) for job_id, some in parts.items()}


def _add(parts: Iterable[Progress]) -> Progress:
    parts = list(parts)
    documents = {state: sum(part.documents.get(state, 0) for part in parts) for state in DocumentState}
    return Progress(documents, *(sum(getattr(part, name) for part in parts) for name in _COUNTED))
