"""Leases: which process works on which step, and until when that may be believed.

A step is claimed, kept alive, and then finished, released or failed. Every later change is fenced by the claim's token: who lost the
lease changes nothing. models.steps has what finishing a step records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from models.database import changed, now
from models.jobs import close_job
from models.tables import BatchRow, BatchState, DocumentRow, DocumentState


class Step(StrEnum):
    """What there is to do: read a document, translate a batch, write a document."""

    PREPARE = "prepare"
    TRANSLATE = "translate"
    ASSEMBLE = "assemble"


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a process takes leases; `seconds` is their length."""

    owner: str
    seconds: float
    max_attempts: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do one step on the row `id`, for as long as `token` stands in it."""

    step: Step
    id: int
    token: str
    attempt: int


class LeaseLostError(Exception):
    """The row is no longer ours: the lease ran out, or its document was cancelled."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the rows of a step stand, and the states before and during it."""

    table: type[DocumentRow] | type[BatchRow]
    waiting: DocumentState | BatchState
    working: DocumentState | BatchState


STAGES: Mapping[Step, Stage] = {
    Step.PREPARE: Stage(DocumentRow, DocumentState.NEW, DocumentState.PARSING),
    Step.TRANSLATE: Stage(BatchRow, BatchState.PENDING, BatchState.LEASED),
    Step.ASSEMBLE: Stage(DocumentRow, DocumentState.READY, DocumentState.ASSEMBLING),
}
NO_LEASE: Mapping[str, Any] = {"lease_token": None, "lease_owner": None, "lease_until": None, "dispatched_at": None}


def claim(session: Session, step: Step, row_id: int, terms: Terms) -> Lease | None:
    """Take the lease on a row that waits for this step or whose lease ran out; None where it is done, held or used up."""
    stage, token = STAGES[step], token_hex(16)
    table, moment = stage.table, now(session)
    free = or_(table.state == stage.waiting, and_(table.state == stage.working, table.lease_until < moment))
    values = {
        "state": stage.working,
        "attempts": table.attempts + 1,
        "lease_token": token,
        "lease_owner": terms.owner,
        "lease_until": moment + terms.seconds,
    }
    if table is DocumentRow:
        values["started_at"] = func.coalesce(DocumentRow.started_at, moment)
    statement = update(table).where(table.id == row_id, free, table.attempts < terms.max_attempts).values(values)
    attempt = session.scalar(statement.returning(table.attempts))
    return None if attempt is None else Lease(step, row_id, token, attempt)


def extend(session: Session, lease: Lease, seconds: float) -> bool:
    """Keep the lease for so many more seconds; say whether it is still ours."""
    statement = update(STAGES[lease.step].table).where(held(lease)).values(lease_until=now(session) + seconds)
    return changed(session, statement) == 1


def release(session: Session, lease: Lease) -> bool:
    """Give an unfinished step back and take back the attempt; say whether the lease was still ours."""
    stage = STAGES[lease.step]
    values = {**NO_LEASE, "state": stage.waiting, "attempts": stage.table.attempts - 1}
    return changed(session, update(stage.table).where(held(lease)).values(values)) == 1


def fail(session: Session, lease: Lease, code: str, message: str) -> bool:
    """Record that the step can never succeed; say whether the lease was still ours."""
    return _give_up(session, lease.step, held(lease), (code, message))


def fail_attempt(session: Session, lease: Lease, code: str, message: str, max_attempts: int) -> bool:
    """Record that the step failed for an unknown reason: it is tried again until its attempts are used up."""
    if lease.attempt >= max_attempts:
        return fail(session, lease, code, f"{message} (given up after {lease.attempt} attempts)")
    stage = STAGES[lease.step]
    return changed(session, update(stage.table).where(held(lease)).values({**NO_LEASE, "state": stage.waiting})) == 1


def give_up_expired(session: Session, step: Step, row_id: int) -> bool:
    """Record that every process that tried this step died; say whether it was still so."""
    stage = STAGES[step]
    expired = and_(stage.table.id == row_id, stage.table.state == stage.working, stage.table.lease_until < now(session))
    return _give_up(session, step, expired, ("crashed", f"every process that tried to {step.value} it died; see the worker's log"))


def held(lease: Lease) -> ColumnElement[bool]:
    """Return the condition under which the lease is still ours."""
    stage = STAGES[lease.step]
    return and_(stage.table.id == lease.id, stage.table.state == stage.working, stage.table.lease_token == lease.token)


def close(session: Session, lease: Lease, state: DocumentState | BatchState, **values: Any) -> None:
    """End the step with this state, or raise LeaseLostError."""
    table = STAGES[lease.step].table
    if changed(session, update(table).where(held(lease)).values({**NO_LEASE, "state": state, **values})) != 1:
        raise LeaseLostError


def leave_translating(session: Session, document_id: int) -> bool:
    """Move a document without remaining batches on: ready, or failed where a batch of it is dead. Say whether it is ready."""
    row = session.execute(
        select(DocumentRow.failed_batches, DocumentRow.job_id)
        .where(DocumentRow.id == document_id, DocumentRow.state == DocumentState.TRANSLATING, DocumentRow.remaining == 0)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    values: dict[str, Any] = {"state": DocumentState.READY, "attempts": 0, "dispatched_at": None}
    if row.failed_batches:
        values = {"state": DocumentState.FAILED, "finished_at": now(session)}
    session.execute(update(DocumentRow).where(DocumentRow.id == document_id).values(values))
    if row.failed_batches:
        close_job(session, row.job_id)
    return not row.failed_batches


def _give_up(session: Session, step: Step, condition: ColumnElement[bool], why: tuple[str, str]) -> bool:
    code, message = why
    if step is Step.TRANSLATE:
        values = {**NO_LEASE, "state": BatchState.DEAD, "error": message}
        document_id = session.scalar(update(BatchRow).where(condition).values(values).returning(BatchRow.document_id))
        if document_id is not None:
            _count_dead_batch(session, document_id, code, message)
        return document_id is not None
    failed = {**NO_LEASE, "state": DocumentState.FAILED, "error_code": code, "error": message, "finished_at": now(session)}
    job_id = session.scalar(update(DocumentRow).where(condition).values(failed).returning(DocumentRow.job_id))
    if job_id is not None:
        close_job(session, job_id)
    return job_id is not None


def _count_dead_batch(session: Session, document_id: int, code: str, message: str) -> None:
    first = {"error_code": func.coalesce(DocumentRow.error_code, code), "error": func.coalesce(DocumentRow.error, message)}
    counts = {"remaining": DocumentRow.remaining - 1, "failed_batches": DocumentRow.failed_batches + 1}
    session.execute(update(DocumentRow).where(DocumentRow.id == document_id).values({**first, **counts}))
    leave_translating(session, document_id)
