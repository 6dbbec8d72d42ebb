"""Glossaries as the database keeps them: every version for ever, so that a job can be told exactly what it was translated with."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.database import now, serialize
from models.errors import GlossaryError
from models.tables import GlossaryRow, GlossaryVersionRow, TermRow
from models.terms import Term

_PLAIN = ("source", "target")
_DEFAULTS = {item.name: item.default for item in fields(Term) if item.name not in _PLAIN}


@dataclass(frozen=True, slots=True)
class GlossaryVersion:
    """What a glossary held when it was stored; `id` names it, `digest` is that of its terms."""

    id: int
    name: str
    digest: str
    terms: int
    stored_at: float


def store_glossary(session: Session, name: str, terms: Sequence[Term]) -> GlossaryVersion:
    """Make these terms, in this order, the newest version of a glossary; one that it had before becomes the newest again."""
    serialize(session)
    moment = session.scalars(select(now(session))).one()
    digest = sha256("\n".join(_to_json(asdict(term)) for term in terms).encode()).hexdigest()
    glossary = session.scalar(select(GlossaryRow).where(GlossaryRow.name == name)) or GlossaryRow(name=name, created_at=moment)
    session.add(glossary)
    session.flush()
    query = select(GlossaryVersionRow).where(GlossaryVersionRow.glossary_id == glossary.id, GlossaryVersionRow.digest == digest)
    version = session.scalar(query)
    if version is None:
        version = GlossaryVersionRow(glossary_id=glossary.id, digest=digest, terms=len(terms), stored_at=moment)
        session.add(version)
        session.flush()
        if terms:
            session.execute(insert(TermRow), [_row(version.id, seq, term) for seq, term in enumerate(terms)])
    version.stored_at = moment
    return GlossaryVersion(version.id, name, digest, version.terms, moment)


def list_glossaries(session: Session) -> list[GlossaryVersion]:
    """Return the newest version of every glossary, by name."""
    newest: dict[str, GlossaryVersion] = {version.name: version for version in _versions(session)}
    return [newest[name] for name in sorted(newest)]


def list_versions(session: Session, name: str) -> list[GlossaryVersion]:
    """Return all versions of a glossary, the newest first, or raise GlossaryError."""
    versions = [version for version in _versions(session) if version.name == name]
    if not versions:
        known = ", ".join(version.name for version in list_glossaries(session)) or "none"
        raise GlossaryError(f"there is no glossary {name!r}, neither as a file nor in the database (there: {known})")
    return versions[::-1]


def load_terms(session: Session, version_ids: Sequence[int]) -> list[Term]:
    """Return the terms of these versions, one after the other, or raise GlossaryError where one is missing."""
    terms: list[Term] = []
    for version_id in version_ids:
        if session.get(GlossaryVersionRow, version_id) is None:
            raise GlossaryError(f"there is no version {version_id} of a glossary; `translate-docs glossary list` shows what there is")
        columns = (TermRow.source, TermRow.target, TermRow.details_json)
        rows = session.execute(select(*columns).where(TermRow.version_id == version_id).order_by(TermRow.seq))
        terms.extend(_term(*row) for row in rows)
    return terms


def _versions(session: Session) -> list[GlossaryVersion]:
    """Return every version, the oldest first."""
    version = GlossaryVersionRow
    columns = (version.id, GlossaryRow.name, version.digest, version.terms, version.stored_at)
    query = select(*columns).join(GlossaryRow, GlossaryRow.id == version.glossary_id).order_by(version.stored_at, version.id)
    return [GlossaryVersion(*row) for row in session.execute(query)]


def _row(version_id: int, seq: int, term: Term) -> dict[str, Any]:
    details = {name: value for name, value in asdict(term).items() if name in _DEFAULTS and value != _DEFAULTS[name]}
    plain = {"source": term.source, "target": term.target, "details_json": _to_json(details) if details else ""}
    return {"version_id": version_id, "seq": seq, **plain}


def _term(source: str, target: str, details_json: str) -> Term:
    details: dict[str, Any] = json.loads(details_json) if details_json else {}
    details["alternatives"] = tuple(details.get("alternatives", ()))
    return Term(source, target, **details)


def _to_json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True)
