"""Puts the inline slots of a block over its translation.

The rule: slots keep their order. Each cut between two slots of a segment goes to a word boundary of the target, at the place that
corresponds by length; Latin words and numbers that stand once on both sides are fixed points of that correspondence. A slot that had text
keeps at least one word while there are enough. Breaks, tabs and white space between segments are kept exactly.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from models.document import Block, Span
from models.segment import Piece

_LATIN = re.compile(r"[A-Za-z0-9](?:[\w./:@+-]*[A-Za-z0-9])?", re.ASCII)
_WORD = re.compile(r"\S+")


def weave(block: Block, pieces: Sequence[Piece], translations: Mapping[str, str]) -> Block:
    """Return `block` with each segment of `pieces` replaced by its translation; one without a translation keeps its source text."""
    parts: list[str] = [""]
    cuts = [span.end for span in block.spans[:-1]]
    moved: list[int] = []
    offset = length = 0
    was_same = True
    for piece in pieces:
        target = translations.get(piece.text, piece.text) if piece.is_segment else piece.text
        same = target == piece.text
        blank = "" if was_same and same else _separator(parts[-1], target)
        inside = [cut - offset for cut in cuts if offset < cut <= offset + len(piece.text)]
        moved.extend(length + len(blank) + place for place in (inside if same else _project(piece.text, target, inside)))
        parts.append(blank + target)
        offset, length, was_same = offset + len(piece.text), length + len(parts[-1]), same
    moved = [0] * sum(cut == 0 for cut in cuts) + moved
    edges = [0, *moved, length] if block.spans else []
    spans = tuple(Span(start, end, span.code) for span, (start, end) in zip(block.spans, pairwise(edges), strict=True))
    return Block("".join(parts), spans)


def _separator(before: str, after: str) -> str:
    """Return the blank that English wants between two sentences which Chinese writes without one."""
    touching = before and after and not before[-1].isspace() and not after[0].isspace()
    return " " if touching and (after[0].isalnum() or after[0] in "“‘\"'([⟦") and before[-1] not in "“‘([" else ""


def _project(source: str, target: str, cuts: list[int]) -> list[int]:
    """Return where the ascending `cuts` of `source` (each in 1..len) fall in `target`."""
    starts, ends = _words(target)
    control = list(_fixed_points(source, target))
    last = len(starts)
    words: list[int] = []  # for each cut, the number of target words before it
    for index, cut in enumerate(cuts):
        wanted = last if cut == len(source) else bisect_right(ends, _interpolate(control, cut) + 0.5)
        before = words[-1] if words else 0
        has_text = cut > (cuts[index - 1] if index else 0)
        follows = sum(later > earlier for earlier, later in pairwise([*cuts[index:], len(source)]))
        words.append(max(before, min(max(wanted, before + has_text), last - follows)))
    edges = [0, *words, last]
    around = zip(edges, words, edges[2:], strict=False)
    return list(accumulate((_place(target, (starts, ends), *counts) for counts in around), max))


def _words(text: str) -> tuple[list[int], list[int]]:
    found = [match.span() for match in _WORD.finditer(text)]
    return [start for start, _ in found], [end for _, end in found]


def _place(target: str, words: tuple[list[int], list[int]], before: int, count: int, after: int) -> int:
    """Return the offset after `count` words, where the slots beside it reach from word `before` to word `after`.

    The blank there goes to the slot with more words, since the other one is likely the marked one: a link, a bold word.
    """
    starts, ends = words
    if count == 0:
        return 0
    if count == len(starts):
        return len(target)
    return starts[count] if after - count < count - before else ends[count - 1]


def _fixed_points(source: str, target: str) -> Iterator[tuple[int, int]]:
    """Yield ascending (source offset, target offset) pairs: both ends, and the edges of Latin words that stand once on both sides."""
    yield 0, 0
    position = (0, 0)
    theirs = _once(target)
    for word, start in _once(source).items():
        if word in theirs and start >= position[0] and theirs[word] >= position[1]:
            yield start, theirs[word]
            position = start + len(word), theirs[word] + len(word)
            yield position
    yield len(source), len(target)


def _once(text: str) -> dict[str, int]:
    """Return the Latin words and numbers that occur once in `text`, with their offsets, in order."""
    offsets: dict[str, int] = {}
    repeated: set[str] = set()
    for match in _LATIN.finditer(text):
        if offsets.setdefault(match[0], match.start()) != match.start():
            repeated.add(match[0])
    return {word: start for word, start in offsets.items() if word not in repeated}


def _interpolate(control: list[tuple[int, int]], cut: int) -> float:
    for (left, low), (right, high) in pairwise(control):
        if left <= cut <= right:
            return low + (high - low) * (cut - left) / (right - left) if right > left else float(high)
    return float(control[-1][1])
