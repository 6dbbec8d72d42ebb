"""The translation memory goes into TMX files and comes from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from models.database import Database
from models.entries import pages, store_human
from models.errors import InputError, OutputError, UnreadableFileError
from models.segment import Origin
from parsers.tmx import Unit, read_units, write_units
from pipeline.segmenter import split

SOURCE_LANGUAGE, TARGET_LANGUAGE = "zh", "en"
_ORIGIN = "x-origin"
_PORTION = 2000


@dataclass(frozen=True, slots=True)
class Imported:
    """How many units of a file became entries.

    `machine` were left out as a machine's. `long` of the entries are more than one sentence, which no segment of a document is.
    """

    stored: int
    machine: int
    long: int


@dataclass(frozen=True, slots=True)
class _Pair:
    source: str
    target: str
    is_machine: bool


def import_memory(database: Database, path: Path, *, reviewed: bool) -> Imported:
    """Store the translations of a TMX file as those of people, all or none.

    Units that this program exported as a machine's are left out unless `reviewed` says that someone read them. Where the program is killed,
    importing again does the rest.

    Raises:
        InputError: the file cannot be read, is not TMX, or has a unit without text in both languages; nothing was stored.
    """
    # Twice through the file, so that no lock is held on the database while it is checked.
    for _ in _read(path):
        pass
    machine = long = stored = 0
    pairs = _read(path)
    while portion := list(islice(pairs, _PORTION)):
        taken = {pair.source: pair.target for pair in portion if reviewed or not pair.is_machine}
        with database.begin() as session:
            store_human(session, taken)
        machine += sum(pair.is_machine and not reviewed for pair in portion)
        long += sum(len([piece for piece in split(source) if piece.is_segment]) > 1 for source in taken)
        stored += len(taken)
    return Imported(stored, machine, long)


def export_memory(database: Database, path: Path, origin: Origin | None) -> int:
    """Write the entries of this origin (any, for None) to a new TMX file and return their number.

    Raises:
        OutputError: the file is there already, or cannot be written.
    """
    units = (
        Unit({SOURCE_LANGUAGE: entry.source, TARGET_LANGUAGE: entry.target}, {_ORIGIN: entry.origin.value})
        for entry in chain.from_iterable(pages(database, origin))
    )
    try:
        with path.open("xb") as file:
            return _write(file, path, units)
    except FileExistsError:
        raise OutputError(f"{path} exists; move it away or name another file") from None
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _write(file: BinaryIO, path: Path, units: Iterator[Unit]) -> int:
    """Write the units; whatever happens, leave no half-written file."""
    try:
        return write_units(file, units, SOURCE_LANGUAGE)
    except BaseException:
        path.unlink()
        raise


def _read(path: Path) -> Iterator[_Pair]:
    with _opened(path) as file:
        for unit in read_units(file, path.name):
            yield _Pair(_text(unit, SOURCE_LANGUAGE, path), _text(unit, TARGET_LANGUAGE, path), unit.props.get(_ORIGIN) == Origin.MACHINE)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from error


def _text(unit: Unit, language: str, path: Path) -> str:
    """Return the text of a unit in a language, of whatever region."""
    for found, text in unit.texts.items():
        if found.partition("-")[0] == language:
            if stripped := text.strip():
                return stripped
            raise InputError(f"{path.name}:{unit.line}: the text in {found} is empty")
    there = ", ".join(unit.texts) or "none"
    raise InputError(f"{path.name}:{unit.line}: a unit has no text in the language {language} (its languages: {there})")
