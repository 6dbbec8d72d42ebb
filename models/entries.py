"""The translation memory as its owner sees it: entries to list, count, add and clear."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.database import Database, changed, now
from models.memory import HUMAN, from_row, key_of
from models.segment import Origin, Translation
from models.tables import AlignmentRow, TranslationRow

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """How many entries of the memory have this origin and signature."""

    origin: Origin
    signature: str
    entries: int


def parts(session: Session) -> list[MemoryPart]:
    """Return what the memory consists of, the largest part first."""
    counts = func.count().label("entries")
    query = select(TranslationRow.origin, TranslationRow.signature, counts).group_by(TranslationRow.origin, TranslationRow.signature)
    return [MemoryPart(*row) for row in session.execute(query.order_by(counts.desc(), TranslationRow.signature))]


def newest(session: Session, origin: Origin | None, text: str, limit: int) -> list[Translation]:
    """Return the newest entries of this origin (any, for None) whose source or target contains `text`."""
    holds = (TranslationRow.source.contains(text, autoescape=True), TranslationRow.target.contains(text, autoescape=True))
    query = select(TranslationRow).where(*_of(origin), or_(*holds)).order_by(TranslationRow.created_at.desc(), TranslationRow.key)
    return [from_row(row) for row in session.scalars(query.limit(limit))]


def pages(database: Database, origin: Origin | None) -> Iterator[list[Translation]]:
    """Yield all entries of this origin (any, for None), some at a time: no transaction is open while the caller works on them."""
    last = ""
    while True:
        query = select(TranslationRow).where(TranslationRow.key > last, *_of(origin)).order_by(TranslationRow.key).limit(_AT_ONCE)
        with database.begin() as session:
            rows = session.scalars(query).all()
        if not rows:
            return
        yield [from_row(row) for row in rows]
        last = rows[-1].key


def store_human(session: Session, targets: Mapping[str, str]) -> None:
    """Add what people translated, as targets by their sources; a newer translation takes the place of an older one."""
    moment = session.scalars(select(now(session))).one()
    row = {"signature": HUMAN, "origin": Origin.HUMAN, "score": 0.0, "tokens": 0, "created_at": moment}
    rows = [{**row, "key": key_of(HUMAN, source), "source": source, "target": target} for source, target in targets.items()]
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(TranslationRow)
    newer = {"target": statement.excluded.target, "created_at": statement.excluded.created_at}
    if rows:
        # Sorted, so that two transactions that insert the same keys wait for each other in one order.
        session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=newer), sorted(rows, key=lambda row: str(row["key"])))


def clear(session: Session, origin: Origin | None = None) -> int:
    """Delete the entries of this origin (any, for None) and return their number; with a machine's go its alignments."""
    if origin is not Origin.HUMAN:
        session.execute(delete(AlignmentRow))
    return changed(session, delete(TranslationRow).where(*_of(origin)))


def _of(origin: Origin | None) -> list[ColumnElement[bool]]:
    return [] if origin is None else [TranslationRow.origin == origin]
