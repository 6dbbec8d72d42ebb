"""The engine that a command translates with itself."""

from typing import TYPE_CHECKING, Any

from console.command import open_database
from console.options import engine_choice
from models.terms import GlossaryOptions
from pipeline.engines import Engine, open_engine

if TYPE_CHECKING:
    from pipeline.settings import Settings


def engine_with_glossary(settings: "Settings", choices: dict[str, Any]) -> Engine:
    """Return the engine that the options choose, with their glossaries around it.

    Raises:
        ModelError: there is no such model.
        GlossaryError: there is no such glossary, or it cannot be used.
    """
    from tasks.processes import cores

    engine = open_engine(engine_choice(settings, choices), cores())
    if not choices["glossary"]:
        return engine
    from pipeline.glossary_engine import GlossaryEngine
    from pipeline.glossary_store import open_glossary, pin

    with open_database(settings) as database:
        glossary = open_glossary(database, pin(database, choices["glossary"]), GlossaryOptions(choices["glossary_mode"]))
    return GlossaryEngine(engine, glossary)
