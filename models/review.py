"""The segments of a job that someone should look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.compact import codes_from_text, verdicts_from_text
from models.reports import get_job
from models.segment import Origin, Verdict
from models.tables import DocumentRow, SegmentRow

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class FlaggedSegment:
    """A segment with warnings, the file it stands in, and all that is known of how it came about.

    `score` and `projection` are as in the table segments; `verdicts` are those of every glossary term in the source, violated or not.
    """

    document: str
    output: str
    source: str
    target: str | None
    warnings: tuple[str, ...]
    origin: Origin | None
    score: float | None
    projection: float | None
    verdicts: tuple[Verdict, ...]


def flagged_segments(session: Session, job_id: int) -> Iterator[FlaggedSegment]:
    """Yield the segments of a job that carry a warning, in the order of documents and texts, or raise JobError."""
    get_job(session, job_id)
    query = (
        select(SegmentRow, DocumentRow.source, DocumentRow.output)
        .join(DocumentRow, DocumentRow.id == SegmentRow.document_id)
        .where(DocumentRow.job_id == job_id, SegmentRow.warnings != "")
        .order_by(SegmentRow.document_id, SegmentRow.seq)
        .execution_options(yield_per=_AT_ONCE)
    )
    for segment, document, output in session.execute(query):
        yield FlaggedSegment(
            *(document, output, segment.source, segment.target, codes_from_text(segment.warnings)),
            *(segment.origin, segment.score, segment.projection, verdicts_from_text(segment.verdicts)),
        )
