"""Puts right what dead processes left behind. Any number of processes may do it at once, as often as they like."""

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.database import Database, now, serialize
from models.jobs import close_job
from models.leases import NO_LEASE, STAGES, Step, give_up_expired
from models.tables import DocumentRow, JobRow, JobState


def recover(database: Database, max_attempts: int, is_gone: Callable[[str], bool]) -> list[str]:
    """Return the steps of dead processes to those that wait, give up those whose attempts are used up, and close what is finished.

    `is_gone` says of a lease's owner that it is certainly dead, so that its leases need not run out first. The result are the outputs of
    documents that were given up while they were written: half-written files may lie beside them.
    """
    given_up: list[str] = []
    for step in Step:
        with database.begin() as session:
            _forget_owners(session, step, is_gone)
            _return_expired(session, step, max_attempts)
            used_up = _used_up(session, step, max_attempts)
        for row_id in used_up:
            # One transaction each: it locks a document, after which no other batch may be locked.
            with database.begin() as session:
                if give_up_expired(session, step, row_id) and step is Step.ASSEMBLE:
                    given_up.append(session.get_one(DocumentRow, row_id).output)
    with database.begin() as session:
        for job_id in session.scalars(select(JobRow.id).where(JobRow.state == JobState.RUNNING).order_by(JobRow.id)).all():
            close_job(session, job_id)
    return given_up


def _forget_owners(session: Session, step: Step, is_gone: Callable[[str], bool]) -> None:
    table, working = STAGES[step].table, STAGES[step].working
    serialize(session)
    owners = session.scalars(select(table.lease_owner).where(table.state == working).distinct())
    if gone := [owner for owner in owners if owner is not None and is_gone(owner)]:
        session.execute(update(table).where(table.state == working, table.lease_owner.in_(gone)).values(lease_until=0.0))


def _return_expired(session: Session, step: Step, max_attempts: int) -> None:
    stage = STAGES[step]
    table = stage.table
    expired = (table.state == stage.working, table.lease_until < now(session), table.attempts < max_attempts)
    session.execute(update(table).where(*expired).values({**NO_LEASE, "state": stage.waiting}))


def _used_up(session: Session, step: Step, max_attempts: int) -> list[int]:
    table, working = STAGES[step].table, STAGES[step].working
    expired = (table.state == working, table.lease_until < now(session), table.attempts >= max_attempts)
    return list(session.scalars(select(table.id).where(*expired).order_by(table.id)))
