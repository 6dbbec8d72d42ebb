"""Glossary files: what they hold, and what is wrong with them."""

from collections.abc import Sequence
from pathlib import Path

from models.errors import GlossaryError
from models.terms import Term
from pipeline.terms_exchange import read_exchange
from pipeline.terms_rows import MOST_TERMS, Reading
from pipeline.terms_table import read_table

_LARGEST = 64 << 20  # bytes
_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_EXCHANGE = {".tbx", ".tmx", ".xml"}
SUFFIXES = (*_SEPARATORS, *sorted(_EXCHANGE))
_SHOWN = 5  # problems in an error's line


def load_files(paths: Sequence[Path]) -> tuple[Term, ...]:
    """Return the terms of several files, those of earlier ones first.

    Raises:
        GlossaryError: a file cannot be read, or anything in it cannot be used; nothing of any is taken then.
    """
    terms: list[Term] = []
    for path in paths:
        reading = read_terms(path)
        if reading.problems:
            raise GlossaryError(_summary(path, reading))
        terms += reading.terms
    return tuple(terms)


def read_terms(path: Path) -> Reading:
    """Return the terms of a file and its problems.

    Raises:
        GlossaryError: the file cannot be read at all.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise GlossaryError(f"{path} is no glossary: its name must end in one of {', '.join(SUFFIXES)}")
    try:
        if path.stat().st_size > _LARGEST:
            raise GlossaryError(f"{path} is larger than {_LARGEST >> 20} MB; split it")
        content = path.read_bytes()
    except OSError as error:
        raise GlossaryError(f"{path} cannot be read: {error.strerror}") from error
    reading = read_exchange(content) if suffix in _EXCHANGE else _read_text(content, _SEPARATORS[suffix])
    if len(reading.terms) > MOST_TERMS:
        raise GlossaryError(f"{path} has {len(reading.terms)} terms; {MOST_TERMS} are allowed")
    return reading


def _read_text(content: bytes, separator: str) -> Reading:
    try:
        return read_table(content.decode("utf-8-sig"), separator)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        reading = Reading()
        line = before.rpartition(b"\n")[2].decode("utf-8", "replace")
        reading.reject(before.count(b"\n") + 1, len(line) + 1, "this is not UTF-8; save the file as UTF-8")
        return reading


def _summary(path: Path, reading: Reading) -> str:
    shown = [f"{path}:{problem.line}:{problem.column}: {problem.reason}" for problem in reading.problems[:_SHOWN]]
    more = len(reading.problems) - len(shown)
    return "; ".join(shown) + (f"; and {more} more, which `translate-docs glossary check` lists" if more else "")
