"""What each step reads before its work and records after it. Every function that records is fenced by the step's lease."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models.database import now
from models.jobs import close_job
from models.leases import Lease, LeaseLostError, close, held, leave_translating
from models.memory import store
from models.reports import JobOptions
from models.segment import Translation
from models.tables import BatchRow, BatchState, DocumentRow, DocumentState, JobRow, SegmentRow


@dataclass(frozen=True, slots=True)
class DocumentWork:
    """A document to read or to write; `source_sha256` is None before it was read."""

    source: str
    source_sha256: str | None
    output: str
    options: JobOptions
    signature: str


@dataclass(frozen=True, slots=True)
class BatchWork:
    """Texts to translate, with the numbers of their segments."""

    sources: Mapping[str, int]
    options: JobOptions
    signature: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read from a document: `count` segments with repeats; `sources` without; `batches` cuts those that are not `known`."""

    sha256: str
    count: int
    sources: Sequence[str]
    known: Mapping[str, Translation]
    batches: Sequence[Sequence[str]]


def load_document(session: Session, lease: Lease) -> DocumentWork:
    """Return the document that is to be read or written, or raise LeaseLostError."""
    columns = (DocumentRow.source, DocumentRow.source_sha256, DocumentRow.output, JobRow.options_json, JobRow.signature)
    row = session.execute(select(*columns).join(JobRow, JobRow.id == DocumentRow.job_id).where(held(lease))).one_or_none()
    if row is None:
        raise LeaseLostError
    return DocumentWork(row.source, row.source_sha256, row.output, JobOptions(**json.loads(row.options_json)), row.signature)


def load_batch(session: Session, lease: Lease) -> BatchWork:
    """Return the batch that is to be translated, or raise LeaseLostError."""
    query = select(JobRow.options_json, JobRow.signature).join(DocumentRow, DocumentRow.job_id == JobRow.id)
    row = session.execute(query.join(BatchRow, BatchRow.document_id == DocumentRow.id).where(held(lease))).one_or_none()
    if row is None:
        raise LeaseLostError
    segments = session.execute(select(SegmentRow.source, SegmentRow.id).where(SegmentRow.batch_id == lease.id).order_by(SegmentRow.seq))
    return BatchWork({segment.source: segment.id for segment in segments}, JobOptions(**json.loads(row.options_json)), row.signature)


def load_translations(session: Session, lease: Lease) -> dict[str, str]:
    """Return source and target of every segment of the document that is to be written."""
    rows = session.execute(select(SegmentRow.source, SegmentRow.target).where(SegmentRow.document_id == lease.id))
    return {source: target for source, target in rows if target is not None}


def finish_prepare(session: Session, lease: Lease, contents: Contents, seconds: float) -> bool:
    """Record what was read and cut it into batches; say whether the document is ready already. Or raise LeaseLostError."""
    counts = {
        "segments": contents.count,
        "unique_segments": len(contents.sources),
        "known_segments": len(contents.known),
        "done_segments": len(contents.known),
        "warnings": _count_warnings(contents.known.values()),
        "remaining": len(contents.batches),
    }
    spent = DocumentRow.seconds + seconds
    close(session, lease, DocumentState.TRANSLATING, attempts=0, source_sha256=contents.sha256, seconds=spent, **counts)
    batch_of = _insert_batches(session, lease.id, contents.batches)
    rows = [_segment(lease.id, seq, source, batch_of.get(source), contents.known) for seq, source in enumerate(contents.sources)]
    if rows:
        session.execute(insert(SegmentRow), rows)
    return leave_translating(session, lease.id)


def finish_batch(session: Session, lease: Lease, work: BatchWork, translations: Sequence[Translation], seconds: float) -> bool:
    """Record translations, one for each source of `work`, and say whether that made the document ready. Or raise LeaseLostError."""
    close(session, lease, BatchState.DONE)
    rows = [{"id": work.sources[item.source], "target": item.target, "warnings": ",".join(item.warnings)} for item in translations]
    session.execute(update(SegmentRow), rows)
    store(session, work.signature, translations)
    document = select(BatchRow.document_id).where(BatchRow.id == lease.id).scalar_subquery()
    counts = {
        "remaining": DocumentRow.remaining - 1,
        "done_segments": DocumentRow.done_segments + len(translations),
        "warnings": DocumentRow.warnings + _count_warnings(translations),
        "seconds": DocumentRow.seconds + seconds,
    }
    statement = update(DocumentRow).where(DocumentRow.id == document).values(counts).returning(DocumentRow.id, DocumentRow.remaining)
    document_id, remaining = session.execute(statement).one()
    return remaining == 0 and leave_translating(session, document_id)


def finish_assemble(session: Session, lease: Lease, output_sha256: str, seconds: float) -> None:
    """Record that the translated file is written, and close the job behind its last document. Or raise LeaseLostError."""
    spent = DocumentRow.seconds + seconds
    close(session, lease, DocumentState.DONE, output_sha256=output_sha256, seconds=spent, finished_at=now(session))
    close_job(session, session.scalars(select(DocumentRow.job_id).where(DocumentRow.id == lease.id)).one())


def _insert_batches(session: Session, document_id: int, batches: Sequence[Sequence[str]]) -> dict[str, int]:
    """Insert the batches and return the number of the batch that each source is in."""
    if not batches:
        return {}
    rows = [{"document_id": document_id, "seq": seq, "segments": len(batch)} for seq, batch in enumerate(batches)]
    numbers = session.scalars(insert(BatchRow).returning(BatchRow.id, sort_by_parameter_order=True), rows).all()
    return {source: number for number, batch in zip(numbers, batches, strict=True) for source in batch}


def _segment(document_id: int, seq: int, source: str, batch_id: int | None, known: Mapping[str, Translation]) -> dict[str, object]:
    memory = known.get(source)
    return {
        "document_id": document_id,
        "batch_id": batch_id,
        "seq": seq,
        "source": source,
        "target": None if memory is None else memory.target,
        "warnings": "" if memory is None else ",".join(memory.warnings),
    }


def _count_warnings(translations: Iterable[Translation]) -> int:
    return sum(1 for translation in translations if translation.warnings)
