"""Brings jobs to the stage that a test begins at."""

from collections.abc import Sequence

from sqlalchemy import select

from models.database import Database
from models.jobs import NewDocument, create_job
from models.leases import Lease, Step, Terms, claim
from models.memory import Scope
from models.options import JobOptions
from models.reports import document_rows
from models.segment import Link, Translation
from models.steps import Contents, Translated, finish_batch, finish_prepare, load_batch
from models.tables import BatchRow

OPTIONS = JobOptions(engine="pseudo")
SIGNATURE = "pseudo-1"
SCOPE = Scope(SIGNATURE)
TERMS = Terms("tester:1:1", 60.0, 3)
EXPIRED = Terms("tester:1:1", -1.0, 3)


def submitted(database: Database, count: int = 1) -> tuple[int, list[int]]:
    """Create a job and return its number and those of its documents."""
    documents = [NewDocument(f"/in/{number}.txt", f"/out/{number}.txt") for number in range(count)]
    with database.begin() as session:
        job_id = create_job(session, OPTIONS, SIGNATURE, documents)
        return job_id, [row.id for row in document_rows(session, job_id)]


def translating(database: Database, document_id: int, batches: Sequence[Sequence[str]]) -> list[int]:
    """Read a document that was submitted, cut like this, and return the numbers of its batches."""
    lease = claimed(database, Step.PREPARE, document_id)
    sources = [source for batch in batches for source in batch]
    with database.begin() as session:
        finish_prepare(session, lease, Contents("0" * 64, len(sources), sources, {}, batches), 0.1)
        return list(session.scalars(select(BatchRow.id).where(BatchRow.document_id == document_id).order_by(BatchRow.seq)))


def claimed(database: Database, step: Step, row_id: int, terms: Terms = TERMS) -> Lease:
    with database.begin() as session:
        lease = claim(session, step, row_id, terms)
    assert lease is not None
    return lease


def finish(database: Database, lease: Lease) -> bool:
    """Translate a batch to upper case; say whether that made its document ready."""
    with database.begin() as session:
        work = load_batch(session, lease)
        translations = [Translation(source, source.upper(), -0.5, 3) for source in work.sources]
        links = {(item.source, item.target): [Link(0, 1, 0, 1, 1.0)] for item in translations if item.source in work.to_align}
        return finish_batch(session, lease, work, SCOPE, Translated(translations, 0.1, links))
