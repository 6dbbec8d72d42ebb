"""Puts the inline slots of a block over its translation.

The rule: slots keep their order. Each cut between two slots of a segment goes to a word boundary of the target, at the place that
corresponds by length; Latin words and numbers that stand on both sides are fixed points of that correspondence. A slot of Chinese text
keeps at least one word while there are enough; one that held a number or a sign which the translation does not have (the result of a
page number field, say) gets none. Breaks, tabs and white space between segments are kept exactly.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

from models.document import Block, Span
from models.segment import Piece
from pipeline.punctuation import HAN

_LATIN = re.compile(r"[A-Za-z0-9](?:[\w./:@+-]*[A-Za-z0-9])?", re.ASCII)
_WORD = re.compile(r"\S+")


class _FixedPoint(NamedTuple):
    """A word that stands on both sides, where it starts on each, and its length."""

    source: int
    target: int
    length: int


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
        inside = [cut - offset for cut in cuts[bisect_right(cuts, offset) : bisect_right(cuts, offset + len(piece.text))]]
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
    fixed = list(_fixed_points(source, target))
    control = [(0, 0), *chain.from_iterable(_edges(point) for point in fixed), (len(source), len(target))]
    middles = [(start + end) / 2 for start, end in zip(starts, ends, strict=True)]
    last = len(starts)
    demands = [_demand(source, slot, fixed) for slot in pairwise([0, *cuts, len(source)])]
    words: list[int] = []  # for each cut, the number of target words before it
    for index, cut in enumerate(cuts):
        before, later = words[-1] if words else 0, sum(demands[index + 1 :])
        wanted = bisect_left(middles, _interpolate(control, cut)) if demands[index] else before
        words.append(max(before, min(max(wanted, before + demands[index]), last - later)) if later else last)
    slots = zip(pairwise([0, *cuts, len(source)]), pairwise([0, *words, last]), strict=True)
    weights = [after - before if HAN.search(source, *slot) else 0 for slot, (before, after) in slots]
    places = (_place(target, (starts, ends), count, weights[index : index + 2]) for index, count in enumerate(words))
    return list(accumulate(places, max))


def _demand(source: str, slot: tuple[int, int], fixed: Sequence[_FixedPoint]) -> int:
    """Return how many words a slot must get: one for text, none for a number or sign that the translation does not have."""
    start, end = slot
    return int(bool(HAN.search(source, start, end)) or any(point.source < end and start < point.source + point.length for point in fixed))


def _words(text: str) -> tuple[list[int], list[int]]:
    found = [match.span() for match in _WORD.finditer(text)]
    return [start for start, _ in found], [end for _, end in found]


def _place(target: str, words: tuple[list[int], list[int]], count: int, weights: Sequence[int]) -> int:
    """Return the offset after `count` words, between two slots that weigh so much.

    The blank there goes to the heavier slot, the one with more words: the other one is likely marked, a link or a bold word. What is no
    Chinese weighs nothing: a number may be a field's result, which Word replaces with all that is in it.
    """
    starts, ends = words
    if count == 0:
        return 0
    if count == len(starts):
        return len(target)
    left, right = weights
    return starts[count] if right < left else ends[count - 1]


def _fixed_points(source: str, target: str) -> Iterator[_FixedPoint]:
    """Yield the Latin words and numbers that stand equally often on both sides, in an order that both sides have."""
    ours, theirs = _latin(source), _latin(target)
    pairs = (
        (start, word, place)
        for word, starts in ours.items()
        if len(starts) == len(theirs.get(word, ()))
        for start, place in zip(starts, theirs[word], strict=True)
    )
    ours_end = theirs_end = 0
    for start, word, place in sorted(pairs):
        if start >= ours_end and place >= theirs_end:
            yield _FixedPoint(start, place, len(word))
            ours_end, theirs_end = start + len(word), place + len(word)


def _edges(point: _FixedPoint) -> tuple[tuple[int, int], tuple[int, int]]:
    return (point.source, point.target), (point.source + point.length, point.target + point.length)


def _latin(text: str) -> dict[str, list[int]]:
    """Return the Latin words and numbers of `text` and where each of them starts."""
    found: dict[str, list[int]] = defaultdict(list)
    for match in _LATIN.finditer(text):
        found[match[0]].append(match.start())
    return found


def _interpolate(control: list[tuple[int, int]], cut: int) -> float:
    for (left, low), (right, high) in pairwise(control):
        if left <= cut <= right:
            return low + (high - low) * (cut - left) / (right - left) if right > left else float(high)
    return float(control[-1][1])
