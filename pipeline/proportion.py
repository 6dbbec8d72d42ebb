"""What can be told of an alignment without a model: words that stand on both sides, and where a word should lie by length."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise, takewhile
from math import ceil
from string import punctuation
from typing import NamedTuple

from models.segment import Link
from pipeline.punctuation import HAN

_LATIN = re.compile(r"[A-Za-z0-9](?:[\w./:@+-]*[A-Za-z0-9])?", re.ASCII)
_CHINESE = re.compile(f"{HAN.pattern}+")


class SameWord(NamedTuple):
    """A word that stands on both sides, where it starts on each, and its length."""

    source: int
    target: int
    length: int


def same_words(source: str, target: str) -> list[SameWord]:
    """Return the Latin words, numbers and Chinese that stand equally often on both sides, with equal marks around, by their source."""
    ours, theirs = _found(_LATIN, source), _found(_LATIN, target)
    theirs |= (chinese := _found(_CHINESE, target))
    ours |= _found(re.compile("|".join(map(re.escape, sorted(chinese, key=len, reverse=True)))), source) if chinese else {}
    return sorted(
        _grown(source, target, SameWord(start, place, len(word)))
        for word, starts in ours.items()
        if len(starts) == len(theirs.get(word, ()))
        for start, place in zip(starts, theirs[word], strict=True)
    )


def demand(source: str, slot: tuple[int, int], same: Sequence[SameWord]) -> int:
    """Return how many words a slot must get: one for text, none for a number or sign that the translation does not have."""
    start, end = slot
    return int(bool(HAN.search(source, start, end)) or any(point.source < end and start < point.source + point.length for point in same))


def proportional_links(source: str, target: str, words: Sequence[tuple[int, int]]) -> list[Link]:
    """Return a link from each of the target's `words` to what lies at its place in the source by length.

    Words that stand on both sides, in an order that both have, are fixed points of that correspondence.
    """
    points = chain.from_iterable(_edges(point) for point in _in_order(same_words(source, target)))
    control = [(0, 0), *points, (len(source), len(target))]
    ranges = ((_interpolate(control, start), _interpolate(control, end), start, end) for start, end in words)
    return [Link(int(low), min(len(source), max(ceil(high), int(low) + 1)), start, end, 1.0) for low, high, start, end in ranges]


def _grown(source: str, target: str, word: SameWord) -> SameWord:
    """Return a word with the marks beside it that are the same on both sides."""
    start, place, length = word
    while start and place and source[start - 1] == target[place - 1] and source[start - 1] in punctuation:
        start, place, length = start - 1, place - 1, length + 1
    behind = zip(source[start + length :], target[place + length :], strict=False)
    length += sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1] and pair[0] in punctuation, behind))
    return SameWord(start, place, length)


def _in_order(points: Sequence[SameWord]) -> Iterator[SameWord]:
    ours_end = theirs_end = 0
    for point in points:
        if point.source >= ours_end and point.target >= theirs_end:
            yield point
            ours_end, theirs_end = point.source + point.length, point.target + point.length


def _edges(point: SameWord) -> tuple[tuple[int, int], tuple[int, int]]:
    return (point.source, point.target), (point.source + point.length, point.target + point.length)


def _found(words: re.Pattern[str], text: str) -> dict[str, list[int]]:
    """Return the words of a pattern in `text`, in lower case, and where each of them starts."""
    found: dict[str, list[int]] = defaultdict(list)
    for match in words.finditer(text):
        found[match[0].lower()].append(match.start())
    return found


def _interpolate(control: Sequence[tuple[int, int]], place: int) -> float:
    """Return the place in the source for a place in the target."""
    for (low, left), (high, right) in pairwise(control):
        if left <= place <= right:
            return low + (high - low) * (place - left) / (right - left) if right > left else float(high)
    return float(control[-1][0])
