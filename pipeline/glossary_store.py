"""Glossaries between files, the database and jobs; and what they say of translations that no engine made under them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.database import Database
from models.glossaries import list_versions, load_terms, store_glossary
from models.segment import Origin, Translation
from models.terms import GlossaryOptions
from pipeline.glossary import Glossary
from pipeline.glossary_engine import WARNING
from pipeline.glossary_proof import verdicts
from pipeline.terms import load_files


def pin(database: Database, references: Sequence[str]) -> tuple[int, ...]:
    """Return the versions that files, or names of stored glossaries, stand for now; a file is stored under its name without its suffix.

    Raises:
        GlossaryError: a file cannot be used, or there is no glossary of a name; nothing was stored then.
    """
    files = [Path(reference) for reference in references if Path(reference).is_file()]
    terms = {str(file): load_files([file]) for file in files}
    with database.begin() as session:
        return tuple(
            store_glossary(session, Path(reference).stem, terms[str(Path(reference))]).id
            if str(Path(reference)) in terms
            else list_versions(session, reference)[0].id
            for reference in references
        )


def open_glossary(database: Database, versions: Sequence[int], options: GlossaryOptions) -> Glossary:
    """Return the glossary that some versions make together, or raise GlossaryError."""
    with database.begin() as session:
        terms = load_terms(session, versions)
    return Glossary(terms, options)


def judged(translations: Iterable[Translation], glossary: Glossary | None) -> Mapping[str, Translation]:
    """Return translations by their sources, those of people with what a glossary says of them: no engine has looked at these."""
    return {item.source: _judged(item, glossary) if glossary and item.origin is Origin.HUMAN else item for item in translations}


def _judged(translation: Translation, glossary: Glossary) -> Translation:
    matches = glossary.match(translation.source)
    found = verdicts(matches, translation.target, [""] * len(matches))
    violated = glossary.options.mode == "enforce" and any(verdict.outcome == "violated" for verdict in found)
    return replace(translation, verdicts=found, warnings=(*translation.warnings, WARNING) if violated else translation.warnings)
