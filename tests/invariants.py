"""What must hold of the database and the outputs whenever nothing is being worked on, whatever happened before."""

import hashlib
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.database import Database, now
from models.tables import FINAL_DOCUMENT_STATES, BatchRow, BatchState, DocumentRow, DocumentState, JobRow, JobState, SegmentRow

_AUDIT = (
    "CREATE TABLE audit (event TEXT, id INTEGER)",
    """CREATE TRIGGER audit_batch AFTER UPDATE OF state ON batches WHEN new.state = 'done' AND old.state <> 'done'
       BEGIN INSERT INTO audit VALUES ('done', new.id); END""",
    """CREATE TRIGGER audit_document AFTER UPDATE OF state ON documents WHEN new.state = 'ready' AND old.state = 'translating'
       BEGIN INSERT INTO audit VALUES ('ready', new.id); END""",
)


def audit(database: Database) -> None:
    """Make SQLite write down every batch that becomes done and every document that becomes ready."""
    with database.begin() as session:
        for statement in _AUDIT:
            session.execute(text(statement))


def check_invariants(database: Database, max_attempts: int = 3) -> None:
    with database.begin() as session:
        _check_counters(session)
        _check_audit(session)
        _check_documents(session)
        _check_leases(session, max_attempts)


def _check_counters(session: Session) -> None:
    unfinished = BatchRow.state.not_in((BatchState.DONE, BatchState.DEAD))
    counted = select(func.count()).where(BatchRow.document_id == DocumentRow.id, unfinished).scalar_subquery()
    assert not session.execute(select(DocumentRow.id, DocumentRow.remaining, counted).where(DocumentRow.remaining != counted)).all()
    untranslated = select(SegmentRow.id).join(BatchRow, BatchRow.id == SegmentRow.batch_id)
    assert not session.scalars(untranslated.where(BatchRow.state == BatchState.DONE, SegmentRow.target.is_(None))).all()
    done = select(func.count()).where(SegmentRow.document_id == DocumentRow.id, SegmentRow.target.is_not(None)).scalar_subquery()
    assert not session.execute(select(DocumentRow.id, DocumentRow.done_segments, done).where(DocumentRow.done_segments != done)).all()


def _check_audit(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite" and session.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'audit'")):
        assert not session.execute(text("SELECT event, id FROM audit GROUP BY event, id HAVING count(*) > 1")).all()


def _check_documents(session: Session) -> None:
    folders = set()
    for document in session.scalars(select(DocumentRow)):
        output = Path(document.output)
        folders.add(output.parent)
        if document.state is DocumentState.DONE:
            assert hashlib.sha256(output.read_bytes()).hexdigest() == document.output_sha256
        if document.state is DocumentState.FAILED:
            assert document.error_code
            assert document.error
            assert "\n" not in document.error
    finished = select(JobRow.id).where(JobRow.state != JobState.RUNNING)
    open_documents = select(DocumentRow.id).where(DocumentRow.state.not_in(FINAL_DOCUMENT_STATES))
    assert not session.scalars(open_documents.where(DocumentRow.job_id.in_(finished))).all()
    assert not [partial for folder in folders for partial in folder.glob(".*.part-*")]


def _check_leases(session: Session, max_attempts: int) -> None:
    working = (DocumentState.PARSING, DocumentState.ASSEMBLING)
    for table, busy in ((BatchRow, (BatchState.LEASED,)), (DocumentRow, working)):
        assert not session.scalars(select(table.id).where(table.state.in_(busy), table.lease_until < now(session))).all()
        assert not session.scalars(select(table.id).where(table.lease_token.is_not(None), table.state.not_in(busy))).all()
        assert not session.scalars(select(table.id).where((table.attempts > max_attempts) | (table.attempts < 0))).all()
