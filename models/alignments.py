"""How models relate sources to targets, kept beside the translation memory.

A person's translations are aligned too, by each model its way; where glossary terms stand is exact, so that these count as well.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.compact import links_to_text
from models.database import chunks, insert_missing, now
from models.memory import Scope
from models.segment import Link
from models.tables import AlignmentRow

Pair = tuple[str, str]


def recall_links(session: Session, scope: Scope, pairs: Iterable[Pair]) -> dict[str, str]:
    """Return the known links of (source, target) pairs by their source, in the form of models.compact."""
    sources = {_key(scope, pair): pair[0] for pair in pairs}
    found: dict[str, str] = {}
    for chunk in chunks(list(sources)):
        rows = session.execute(select(AlignmentRow.key, AlignmentRow.links).where(AlignmentRow.key.in_(chunk)))
        found.update((sources[key], links) for key, links in rows)
    return found


def store_links(session: Session, scope: Scope, links: Mapping[Pair, Iterable[Link]]) -> dict[str, str]:
    """Keep the links of (source, target) pairs and return them by their source, in the form of models.compact."""
    moment = session.scalars(select(now(session))).one()
    texts = {pair: links_to_text(found) for pair, found in links.items()}
    rows = [{"key": _key(scope, pair), "links": text, "created_at": moment} for pair, text in texts.items()]
    insert_missing(session, AlignmentRow, rows)
    return {source: text for (source, _), text in texts.items()}


def _key(scope: Scope, pair: Pair) -> str:
    return sha256("\0".join((scope.key(pair[0]), pair[1])).encode("utf-8", "surrogatepass")).hexdigest()
