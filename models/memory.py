"""The translation memory: what was translated once is not translated again, and what a person translated stands.

A machine's translation is kept under the signature of its engine and the glossary terms that hold for its source, so that another model or
a new term makes only those afresh which it concerns. A person's is kept under the source alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.compact import codes_from_text, codes_to_text, scores_from_text, scores_to_text, verdicts_from_text, verdicts_to_text
from models.database import chunks, insert_missing, now
from models.segment import Origin, Translation
from models.tables import TranslationRow

# Stands in the place of an engine's signature; nothing is called so.
HUMAN = "human"


def _no_terms(_source: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose translations count: the engine's `signature`, and `terms_digest`, which names the glossary terms that hold for a source."""

    signature: str
    terms_digest: Callable[[str], str] = _no_terms

    def key(self, source: str) -> str:
        """Return the key of a source's machine translation."""
        return key_of(self.signature, source, self.terms_digest(source))


def key_of(signature: str, source: str, terms_digest: str = "") -> str:
    """Return the key of a source text under a signature and the digest of the terms that hold for it."""
    parts = (signature, source, terms_digest) if terms_digest else (signature, source)
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def known(session: Session, scope: Scope, sources: Iterable[str]) -> set[str]:
    """Return those of the sources whose translation is known."""
    keys = {key: source for source in sources for key in (scope.key(source), key_of(HUMAN, source))}
    found: set[str] = set()
    for chunk in chunks(list(keys)):
        found.update(keys[key] for key in session.scalars(select(TranslationRow.key).where(TranslationRow.key.in_(chunk))))
    return found


def recall(session: Session, scope: Scope, sources: Iterable[str]) -> dict[str, Translation]:
    """Return the known translations by their source; a person's stands before any machine's."""
    keys = [key for source in sources for key in (scope.key(source), key_of(HUMAN, source))]
    found: dict[str, Translation] = {}
    for chunk in chunks(keys):
        for row in session.scalars(select(TranslationRow).where(TranslationRow.key.in_(chunk))):
            if row.origin is Origin.HUMAN or row.source not in found:
                found[row.source] = from_row(row)
    return found


def store(session: Session, scope: Scope, translations: Sequence[Translation]) -> None:
    """Add what a machine translated; where a translation is there already, the first stays."""
    moment = session.scalars(select(now(session))).one()
    ours = [translation for translation in translations if translation.origin is Origin.MACHINE]
    insert_missing(session, TranslationRow, [_row(scope, translation, moment) for translation in ours])


def from_row(row: TranslationRow) -> Translation:
    """Return an entry as the translation it is."""
    verdicts, scores = verdicts_from_text(row.verdicts), scores_from_text(row.token_scores)
    return Translation(row.source, row.target, row.score, row.tokens, codes_from_text(row.warnings), scores, verdicts, row.origin)


def _row(scope: Scope, translation: Translation, moment: float) -> dict[str, Any]:
    return {
        "key": scope.key(translation.source),
        "signature": scope.signature,
        "source": translation.source,
        "target": translation.target,
        "origin": Origin.MACHINE,
        "score": translation.score,
        "tokens": translation.tokens,
        "warnings": codes_to_text(translation.warnings),
        "token_scores": scores_to_text(translation.token_scores),
        "verdicts": verdicts_to_text(translation.verdicts),
        "created_at": moment,
    }
