"""The translation memory: what was translated once is not translated again."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.database import chunks, now
from models.segment import Translation
from models.tables import TranslationRow


def key_of(signature: str, source: str) -> str:
    """Return the key of a source text under a signature."""
    return sha256(f"{signature}\0{source}".encode("utf-8", "surrogatepass")).hexdigest()


def known(session: Session, signature: str, sources: Iterable[str]) -> set[str]:
    """Return those of the sources whose translation is known."""
    keys = {key_of(signature, source): source for source in sources}
    found: set[str] = set()
    for chunk in chunks(list(keys)):
        found.update(keys[key] for key in session.scalars(select(TranslationRow.key).where(TranslationRow.key.in_(chunk))))
    return found


def recall(session: Session, signature: str, sources: Iterable[str]) -> dict[str, Translation]:
    """Return the known translations by their source."""
    keys = [key_of(signature, source) for source in sources]
    rows: list[TranslationRow] = []
    for chunk in chunks(keys):
        rows.extend(session.scalars(select(TranslationRow).where(TranslationRow.key.in_(chunk))))
    return {row.source: Translation(row.source, row.target, row.score, row.tokens, codes(row.warnings)) for row in rows}


def store(session: Session, signature: str, translations: Sequence[Translation]) -> None:
    """Add translations; where one is there already, the first stays."""
    moment = session.scalars(select(now(session))).one()
    # Sorted, so that two transactions that insert the same keys wait for each other in one order.
    rows = sorted((_row(signature, translation, moment) for translation in translations), key=lambda row: row["key"])
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    if rows:
        session.execute(insert(TranslationRow).on_conflict_do_nothing(), rows)


def codes(joined: str) -> tuple[str, ...]:
    """Return the warning codes that a column holds, joined by commas."""
    return tuple(joined.split(",")) if joined else ()


def _row(signature: str, translation: Translation, moment: float) -> dict[str, Any]:
    return {
        "key": key_of(signature, translation.source),
        "signature": signature,
        "source": translation.source,
        "target": translation.target,
        "score": translation.score,
        "tokens": translation.tokens,
        "warnings": ",".join(translation.warnings),
        "created_at": moment,
    }
