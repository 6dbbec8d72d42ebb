"""Text to the sentences that are translated, and the gaps between them that are not."""

import re
from collections.abc import Iterator

from models.segment import Piece
from pipeline.phrases import split_long
from pipeline.punctuation import HAN
from pipeline.sentences import sentence_ends

_BREAKS = re.compile(r"([\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+)")


def split(text: str) -> list[Piece]:
    """Return `text` as sentences and the gaps between them; joined, they are `text` again, and no two gaps are neighbours.

    A segment holds at least one Han character, since the source language is Chinese; it has no white space at its ends and no line
    break or tab inside. All else is a gap: white space, numbers and signs between sentences, sentences that are in Latin script already.
    """
    pieces: list[Piece] = []
    gap = ""
    for part in _parts(text):
        core = part.strip()
        if not HAN.search(core):
            gap += part
            continue
        lead = len(part) - len(part.lstrip())
        gap += part[:lead]
        if gap:
            pieces.append(Piece(gap, is_segment=False))
        pieces.append(Piece(core, is_segment=True))
        gap = part[lead + len(core) :]
    return [*pieces, Piece(gap, is_segment=False)] if gap else pieces


def _parts(text: str) -> Iterator[str]:
    """Yield the breaks of `text`, and its sentences cut to size, with the white space around them."""
    for line in _BREAKS.split(text):
        if not HAN.search(line):
            yield line
            continue
        start = 0
        for end in sentence_ends(line):
            yield from split_long(line[start:end])
            start = end
