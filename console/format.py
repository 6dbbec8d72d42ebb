"""Texts for the screen: paths, tables, times."""

import json
import os
import time
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from models.paths import plain

# A figure of two digits says more than "1 min" or "1 h".
_MINUTES_FROM = 90
_WHOLE_MEGABYTES_FROM = 10_000_000


def to_json(value: object) -> str:
    """Return `value` as one line of JSON."""
    return json.dumps(value, ensure_ascii=False)


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path for the screen: relative where it lies in the working folder, and without characters that would break the line."""
    readable = plain(path).removeprefix(f"{plain(Path.cwd())}{os.sep}")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in readable)


def one_line(text: str) -> str:
    """Return `text` without its line breaks."""
    return " ".join(text.split())


def duration(seconds: float) -> str:
    """Return a time in words that are as exact as an estimate deserves."""
    if seconds < _MINUTES_FROM:
        return f"{max(1, round(seconds)) if seconds else 0} s"
    return f"{round(seconds / 60)} min" if seconds < _MINUTES_FROM * 60 else f"{seconds / 3600:.1f} h"


def file_size(size: int) -> str:
    """Return a number of bytes as megabytes."""
    return f"{size / 1e6:,.1f} MB" if size < _WHOLE_MEGABYTES_FROM else f"{size / 1e6:,.0f} MB"


def timestamp(moment: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC."""
    return None if moment is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return aligned columns; those of numbers are aligned on the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    columns = list(zip([header.upper() for header in headers], *cells, strict=True))
    numeric = [len(column) > 1 and all(map(_is_number, column[1:])) for column in columns]
    widths = [max(map(_width, column)) for column in columns]
    return "\n".join(_line(row, widths, numeric) for row in zip(*columns, strict=True))


def _line(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    cells = []
    for cell, width, right in zip(row, widths, numeric, strict=True):
        blank = " " * (width - _width(cell))
        cells.append(blank + cell if right else cell + blank)
    return "  ".join(cells).rstrip()


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).isdecimal()


def _width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: Chinese characters take two."""
    return sum(0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF") for character in text)
