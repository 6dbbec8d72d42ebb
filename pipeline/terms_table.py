"""Glossaries as CSV and TSV.

A row is `source,target` and any number of flags. A field may stand in double quotes, with `""` for a quote of its own, and must end in the
line where it begins. Lines that begin with `#` are comments; the first row may name the columns: `source,target,...`.
"""

import re

from pipeline.terms_rows import BadFieldError, Reading, row_terms

_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')


def read_table(text: str, separator: str) -> Reading:
    """Return the terms of a table, and what is wrong in every row that cannot be used."""
    reading = Reading()
    names: list[str] | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        starts = [0]
        try:
            fields = _split(line, separator, starts)
            if names is None:
                names = [field.strip().lower() for field in fields]
                if names[:2] == ["source", "target"]:
                    continue
                names = []
            reading.add(number, row_terms(fields, names))
        except BadFieldError as error:
            reading.reject(number, starts[min(error.field, len(starts) - 1)] + 1, str(error))
    return reading


def _split(line: str, separator: str, starts: list[int]) -> list[str]:
    """Return the fields of a line; `starts` takes the place of each."""
    if '"' not in line:
        fields = line.split(separator)
        starts += _following(fields)
        return fields
    fields = []
    place = 0
    while True:
        if quoted := _QUOTED.match(line, place):
            value, end = quoted[1].replace('""', '"'), quoted.end()
            if end < len(line) and line[end] != separator:
                raise BadFieldError(len(fields), f"text follows the closing quote: {line[end : end + 20]!r}")
        else:
            end = next_place if (next_place := line.find(separator, place)) >= 0 else len(line)
            value = line[place:end]
            if value.lstrip().startswith('"'):
                raise BadFieldError(len(fields), "the quote is not closed in this line")
        fields.append(value)
        if end >= len(line):
            return fields
        place = end + 1
        starts.append(place)


def _following(fields: list[str]) -> list[int]:
    """Return where all fields but the first begin."""
    starts, place = [], 0
    for field in fields[:-1]:
        place += len(field) + 1
        starts.append(place)
    return starts
