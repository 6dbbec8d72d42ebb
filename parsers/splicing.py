"""Replaces ranges of a text."""

from collections.abc import Sequence

Edit = tuple[int, int, str]  # start and end in the text, replacement


def splice(text: str, edits: Sequence[Edit]) -> str:
    """Return `text` with ranges replaced; `edits` are in order and do not overlap."""
    parts, position = [], 0
    for start, end, new in edits:
        parts += [text[position:start], new]
        position = end
    return "".join([*parts, text[position:]])
