"""What is to be done next: for a process that works by itself, and for the messages to workers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from models.database import chunks, now
from models.leases import STAGES, Step
from models.tables import BatchRow, BatchState, DocumentRow, JobRow, JobState


@dataclass(frozen=True, slots=True)
class Work:
    """A step that waits on the row `id`."""

    step: Step
    id: int


def next_work(session: Session, job_id: int | None, read_ahead: int) -> Work | None:
    """Return what to do next for a job, or for all: first write, then read until `read_ahead` segments wait, then translate."""
    found = _first(session, Step.ASSEMBLE, job_id)
    if found is None and _waiting_segments(session, job_id, read_ahead) < read_ahead:
        found = _first(session, Step.PREPARE, job_id)
    return found or _first(session, Step.TRANSLATE, job_id) or _first(session, Step.PREPARE, job_id)


def is_running(session: Session, job_id: int | None) -> bool:
    """Say whether the job, or any job, still runs."""
    running = exists().where(JobRow.state == JobState.RUNNING)
    return bool(session.scalar(select(running if job_id is None else running.where(JobRow.id == job_id))))


def count_waiting(session: Session, job_id: int | None, enough: int) -> int:
    """Return how many steps wait, counting no further than `enough`."""
    count = 0
    for step in Step:
        stage = STAGES[step]
        some = select(stage.table.id).where(stage.table.state == stage.waiting, *_of_job(stage.table, job_id)).limit(enough - count)
        count += session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return count


def due_messages(session: Session, window: int, redispatch: float, low_water: int) -> list[Work]:
    """Return what to tell the workers, so that `window` messages wait in the broker's queue; nothing while more than `low_water` do.

    Due is what waits and was never sent, or was sent more than `redispatch` seconds ago and nothing came of it.
    """
    sent = sum(_count_sent(session, step, redispatch) for step in Step)
    room = window - sent if sent <= low_water else 0
    due: list[Work] = []
    for step in (Step.ASSEMBLE, Step.TRANSLATE, Step.PREPARE):
        table, waiting = STAGES[step].table, STAGES[step].waiting
        unsent = or_(table.dispatched_at.is_(None), table.dispatched_at < now(session) - redispatch)
        query = select(table.id).where(table.state == waiting, unsent).order_by(table.id)
        ids = session.scalars(query.limit(max(0, room - len(due))))
        due.extend(Work(step, row_id) for row_id in ids)
    return due


def mark_dispatched(session: Session, sent: Sequence[Work]) -> None:
    """Record that the broker has these messages. Call it only once it does: what is lost before is then simply sent again."""
    for step in Step:
        stage, ids = STAGES[step], [work.id for work in sent if work.step is step]
        for chunk in chunks(ids):
            waiting = (stage.table.id.in_(chunk), stage.table.state == stage.waiting)
            session.execute(update(stage.table).where(*waiting).values(dispatched_at=now(session)))


def _first(session: Session, step: Step, job_id: int | None) -> Work | None:
    table, waiting = STAGES[step].table, STAGES[step].waiting
    query = select(table.id).where(table.state == waiting, *_of_job(table, job_id)).order_by(table.id).limit(1)
    row_id = session.scalar(query)
    return None if row_id is None else Work(step, row_id)


def _waiting_segments(session: Session, job_id: int | None, enough: int) -> int:
    """Return how many segments wait, counting no further than needed: every batch has at least one."""
    some = select(BatchRow.segments).where(BatchRow.state == BatchState.PENDING, *_of_job(BatchRow, job_id)).limit(enough).subquery()
    return session.scalar(select(func.coalesce(func.sum(some.c.segments), 0))) or 0


def _of_job(table: type[DocumentRow] | type[BatchRow], job_id: int | None) -> list[ColumnElement[bool]]:
    if job_id is None:
        return []
    if table is DocumentRow:
        return [DocumentRow.job_id == job_id]
    return [BatchRow.document_id.in_(select(DocumentRow.id).where(DocumentRow.job_id == job_id))]


def _count_sent(session: Session, step: Step, redispatch: float) -> int:
    table, waiting = STAGES[step].table, STAGES[step].waiting
    sent = (table.state == waiting, table.dispatched_at >= now(session) - redispatch)
    return session.scalars(select(func.count()).select_from(table).where(*sent)).one()
