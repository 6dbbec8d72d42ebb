"""How much work some documents are, before any of it is done."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models import memory
from models.database import Database
from models.errors import InputError
from pipeline.document import Prepared
from pipeline.engines import Engine
from pipeline.scan import Failure, Planned

SAMPLE_SEGMENTS = 24


@dataclass(frozen=True, slots=True)
class Estimate:
    """The size of some documents. Repeats count in `segments` and `characters`; `known` of the `unique` segments are translated already.

    `seconds` is how long the rest would take this machine, measured on a sample of it.
    """

    documents: int
    failures: tuple[Failure, ...]
    segments: int
    characters: int
    unique: int
    known: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Means:
    """What an estimate is made with: how to read a file, the engine (opened where there is something to sample), what is known already.

    `processes` is how many will work at once, each with such an engine.
    """

    read: Callable[[Path], Prepared]
    open_engine: Callable[[], Engine]
    scope: memory.Scope
    processes: int


def estimate(database: Database, documents: Sequence[Planned], means: Means) -> Estimate:
    """Read the documents and translate a sample of what is new in them."""
    unique: dict[str, None] = {}
    failures: list[Failure] = []
    segments = characters = 0
    for document in documents:
        try:
            found = means.read(document.source).segments
        except InputError as error:
            failures.append(Failure(document.source, error))
            continue
        segments += len(found)
        characters += sum(map(len, found))
        unique.update(dict.fromkeys(found))
    with database.begin() as session:
        known = memory.known(session, means.scope, unique)
    seconds = _seconds([source for source in unique if source not in known], means.open_engine)
    seconds /= max(1, min(means.processes, len(unique) // SAMPLE_SEGMENTS))
    return Estimate(len(documents) - len(failures), tuple(failures), segments, characters, len(unique), len(known), seconds)


def _seconds(sources: Sequence[str], open_engine: Callable[[], Engine]) -> float:
    """Return the time to translate `sources`: that of an even sample of them, scaled by characters."""
    if not sources:
        return 0.0
    step = max(1, len(sources) // SAMPLE_SEGMENTS)
    sample = sources[::step][:SAMPLE_SEGMENTS]
    engine = open_engine()
    started = time.perf_counter()
    engine.translate(sample)
    return (time.perf_counter() - started) * sum(map(len, sources)) / sum(map(len, sample))
