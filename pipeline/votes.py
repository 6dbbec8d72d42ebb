"""How the words of a translation relate to the characters of its source.

A word of the target is a run of letters and digits with what joins them (`state-owned`, `3.5%`), a possessive ending, one Chinese
character, or one mark.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from models.segment import Link
from pipeline.proportion import same_words

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_LETTER = rf"[^\W_{_HAN}]"
_WORD = re.compile(rf"(?<=\w)['’]s\b|[{_HAN}]|{_LETTER}+(?:(?!['’]s\b)[-.,:/@'’+&_]+{_LETTER}+)*%?|\S")
_MARKS = re.compile(r"[^\w%]*")


def words_of(text: str) -> list[tuple[int, int]]:
    """Return where the words and marks of a text start and end."""
    return [match.span() for match in _WORD.finditer(text)]


class Votes:
    """For each word of the target, how much of it comes from which characters of the source.

    A word's subwords count by their length, a link's weight spreads evenly over the characters of its source subword. What a word gives
    to all characters together is 1 at most. A link of a word with a mark counts for nothing. A Latin word or number that stands on both
    sides votes for itself alone, and where `cuts` of the source lie in it, it is cut in the same way on the other side.
    """

    def __init__(self, source: str, target: str, links: Sequence[Link], cuts: Iterable[int] = ()) -> None:
        same = same_words(source, target)
        inside = {cut - word.source + word.target for cut in cuts for word in same if word.source < cut < word.source + word.length}
        self.words = list(_divided(words_of(target), inside))
        self._starts = [start for start, _ in self.words]
        self._ends = [end for _, end in self.words]
        shares = [[0.0] * len(source) for _ in self.words]
        for link in links:
            if _is_mark(source[link.source_start : link.source_end]) == _is_mark(target[link.target_start : link.target_end]):
                self._spread(shares, link)
        for point in same:
            for word in self._touched(point.target, point.target + point.length):
                shares[word] = [0.0] * len(source)
        for source_start, target_start, length in same:
            for place in range(length):
                self._spread(
                    shares, Link(source_start + place, source_start + place + 1, target_start + place, target_start + place + 1, 1.0)
                )
        self.literal = {word for point in same for word in self._touched(point.target, point.target + point.length)}
        self._sums = [list(accumulate(row, initial=0.0)) for row in shares]

    def vote(self, word: int, start: int, end: int) -> float:
        """Return the share of a word, 0 to 1, that comes from the characters from `start` to `end` of the source."""
        return self._sums[word][end] - self._sums[word][start]

    def total(self, word: int) -> float:
        """Return the share of a word that comes from anywhere in the source."""
        return self._sums[word][-1]

    def _touched(self, start: int, end: int) -> range:
        return range(bisect_right(self._ends, start), bisect_left(self._starts, end))

    def _spread(self, shares: list[list[float]], link: Link) -> None:
        """Add a link to the shares of the words that its target characters lie in."""
        length = link.source_end - link.source_start
        for word in self._touched(link.target_start, link.target_end):
            start, end = self.words[word]
            part = (min(end, link.target_end) - max(start, link.target_start)) / (end - start)
            for place in range(link.source_start, link.source_end):
                shares[word][place] += link.weight * part / length


def _divided(words: Iterable[tuple[int, int]], cuts: set[int]) -> Iterable[tuple[int, int]]:
    for start, end in words:
        edges = [start, *sorted(cut for cut in cuts if start < cut < end), end]
        yield from pairwise(edges)


def _is_mark(text: str) -> bool:
    return bool(_MARKS.fullmatch(text))
