"""What each step reads before its work and records after it. Every function that records is fenced by the step's lease."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from models.alignments import store_links
from models.compact import codes_from_text, codes_to_text, links_from_text, scores_to_text, verdicts_to_text
from models.database import now
from models.jobs import close_job
from models.leases import Lease, LeaseLostError, close, held, leave_translating
from models.memory import Scope, store
from models.options import JobOptions
from models.segment import Link, Projection, Translation
from models.tables import BatchRow, BatchState, DocumentRow, DocumentState, JobRow, SegmentRow

UNSURE_MARKUP = "markup"


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
    """Texts to translate, with the numbers of their segments; those in `to_align` need links too."""

    sources: Mapping[str, int]
    to_align: frozenset[str]
    options: JobOptions
    signature: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read from a document: `count` segments with repeats; `sources` without; `batches` cuts those with anything left to do.

    `known` has translations of the others, and `links` (in the form of models.compact) those of them that are `to_align`. `notes` are codes
    of what the document loses.
    """

    sha256: str
    count: int
    sources: Sequence[str]
    known: Mapping[str, Translation]
    batches: Sequence[Sequence[str]]
    to_align: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Translated:
    """What became of a batch: one translation for each source, and the links of those (source, target) pairs that were aligned.

    `known_links`, in the form of models.compact, are of those that were aligned before. `seconds` is the time that all this took.
    """

    translations: Sequence[Translation]
    seconds: float
    links: Mapping[tuple[str, str], Sequence[Link]] = field(default_factory=dict)
    known_links: Mapping[str, str] = field(default_factory=dict)


def load_document(session: Session, lease: Lease) -> DocumentWork:
    """Return the document that is to be read or written, or raise LeaseLostError."""
    columns = (DocumentRow.source, DocumentRow.source_sha256, DocumentRow.output, JobRow.options_json, JobRow.signature)
    row = session.execute(select(*columns).join(JobRow, JobRow.id == DocumentRow.job_id).where(held(lease))).one_or_none()
    if row is None:
        raise LeaseLostError
    return DocumentWork(row.source, row.source_sha256, row.output, JobOptions.from_json(row.options_json), row.signature)


def load_batch(session: Session, lease: Lease) -> BatchWork:
    """Return the batch that is to be translated, or raise LeaseLostError."""
    query = select(JobRow.options_json, JobRow.signature).join(DocumentRow, DocumentRow.job_id == JobRow.id)
    row = session.execute(query.join(BatchRow, BatchRow.document_id == DocumentRow.id).where(held(lease))).one_or_none()
    if row is None:
        raise LeaseLostError
    columns = (SegmentRow.source, SegmentRow.id, SegmentRow.needs_alignment)
    segments = session.execute(select(*columns).where(SegmentRow.batch_id == lease.id).order_by(SegmentRow.seq)).all()
    to_align = frozenset(segment.source for segment in segments if segment.needs_alignment)
    sources = {segment.source: segment.id for segment in segments}
    return BatchWork(sources, to_align, JobOptions.from_json(row.options_json), row.signature)


def load_translations(session: Session, lease: Lease) -> tuple[dict[str, str], dict[str, list[Link]]]:
    """Return, by their sources, the targets of the document that is to be written, and the links of those that have any."""
    columns = (SegmentRow.source, SegmentRow.target, SegmentRow.alignment)
    rows = session.execute(select(*columns).where(SegmentRow.document_id == lease.id)).all()
    targets = {row.source: row.target for row in rows if row.target is not None}
    return targets, {row.source: links_from_text(row.alignment) for row in rows if row.alignment}


def finish_prepare(session: Session, lease: Lease, contents: Contents, seconds: float) -> bool:
    """Record what was read and cut it into batches; say whether the document is ready already. Or raise LeaseLostError."""
    values = {
        "source_sha256": contents.sha256,
        "attempts": 0,
        "seconds": DocumentRow.seconds + seconds,
        "segments": contents.count,
        "unique_segments": len(contents.sources),
        "known_segments": len(contents.known),
        "done_segments": len(contents.known),
        "warnings": _count_warnings(contents.known.values()) + len(contents.notes),
        "notes": codes_to_text(contents.notes),
        "remaining": len(contents.batches),
    }
    close(session, lease, DocumentState.TRANSLATING, **values)
    batch_of = _insert_batches(session, lease.id, contents.batches)
    rows = [
        {"document_id": lease.id, "seq": seq, "batch_id": batch_of.get(source), **_segment(contents, source)}
        for seq, source in enumerate(contents.sources)
    ]
    if rows:
        session.execute(insert(SegmentRow), rows)
    return leave_translating(session, lease.id)


def finish_batch(session: Session, lease: Lease, work: BatchWork, scope: Scope, result: Translated) -> bool:
    """Record translations, one for each source of `work`, and say whether that made the document ready. Or raise LeaseLostError."""
    close(session, lease, BatchState.DONE)
    links = {**result.known_links, **store_links(session, scope, result.links)}
    store(session, scope, result.translations)
    rows = [{"id": work.sources[item.source], "alignment": links.get(item.source), **_translated(item)} for item in result.translations]
    session.execute(update(SegmentRow), rows)
    document = select(BatchRow.document_id).where(BatchRow.id == lease.id).scalar_subquery()
    counts = {
        "remaining": DocumentRow.remaining - 1,
        "done_segments": DocumentRow.done_segments + len(result.translations),
        "warnings": DocumentRow.warnings + _count_warnings(result.translations),
        "seconds": DocumentRow.seconds + result.seconds,
    }
    statement = update(DocumentRow).where(DocumentRow.id == document).values(counts).returning(DocumentRow.id, DocumentRow.remaining)
    document_id, remaining = session.execute(statement).one()
    return remaining == 0 and leave_translating(session, document_id)


def finish_assemble(session: Session, lease: Lease, output_sha256: str, placed: Mapping[str, Projection], seconds: float) -> None:
    """Record that the translated file is written, and close the job behind its last document. Or raise LeaseLostError.

    `placed` says of segments with inline formatting how sure its places are; those that are not sure count as warnings.
    """
    values = {"output_sha256": output_sha256, "seconds": DocumentRow.seconds + seconds, "finished_at": now(session)}
    close(session, lease, DocumentState.DONE, **values)
    if placed:
        flagged = _record_projections(session, lease.id, placed)
        session.execute(update(DocumentRow).where(DocumentRow.id == lease.id).values(warnings=DocumentRow.warnings + flagged))
    close_job(session, session.scalars(select(DocumentRow.job_id).where(DocumentRow.id == lease.id)).one())


def _record_projections(session: Session, document_id: int, placed: Mapping[str, Projection]) -> int:
    """Store how sure the places of formatting are; return the number of segments that had no warning and now have one."""
    columns = (SegmentRow.id, SegmentRow.source, SegmentRow.warnings)
    rows, newly_flagged = [], 0
    for row in session.execute(select(*columns).where(SegmentRow.document_id == document_id)).all():
        if (projection := placed.get(row.source)) is not None:
            warnings = (*codes_from_text(row.warnings), UNSURE_MARKUP) if projection.is_unsure else codes_from_text(row.warnings)
            newly_flagged += bool(warnings) and not row.warnings
            rows.append({"id": row.id, "projection": projection.confidence, "warnings": codes_to_text(warnings)})
    session.execute(update(SegmentRow), rows)
    return newly_flagged


def _insert_batches(session: Session, document_id: int, batches: Sequence[Sequence[str]]) -> dict[str, int]:
    """Insert the batches and return the number of the batch that each source is in."""
    if not batches:
        return {}
    rows = [{"document_id": document_id, "seq": seq, "segments": len(batch)} for seq, batch in enumerate(batches)]
    numbers = session.scalars(insert(BatchRow).returning(BatchRow.id, sort_by_parameter_order=True), rows).all()
    return {source: number for number, batch in zip(numbers, batches, strict=True) for source in batch}


def _segment(contents: Contents, source: str) -> dict[str, object]:
    """Return the columns of a segment that was read."""
    translation = contents.known.get(source)
    known = _UNKNOWN if translation is None else _translated(translation)
    return {**known, "source": source, "needs_alignment": source in contents.to_align, "alignment": contents.links.get(source)}


def _translated(item: Translation) -> dict[str, object]:
    """Return the columns of a segment that its translation fills."""
    return {
        "target": item.target,
        "warnings": codes_to_text(item.warnings),
        "origin": item.origin,
        "score": item.score,
        "token_scores": scores_to_text(item.token_scores),
        "verdicts": verdicts_to_text(item.verdicts),
    }


_UNKNOWN: Mapping[str, object] = {"target": None, "warnings": "", "origin": None, "score": None, "token_scores": "", "verdicts": ""}


def _count_warnings(translations: Iterable[Translation]) -> int:
    return sum(1 for translation in translations if translation.warnings)
