"""Which words of English may stand at the edge of marked text.

Articles, `of`, `and` and the like are aligned to almost anything, and marks to whatever is near. They belong to marked text where both
neighbours do; a mark at its edge belongs to it where a mark stands at the same edge of the source.
"""

from collections.abc import Container, Sequence

from pipeline.punctuation import CLOSING, OPENING

_INNER = frozenset(["a", "an", "and", "of", "or", "the", "to"])
_LEADING = frozenset(["at", "by", "for", "from", "in", "on", "with"])
_POSSESSIVE = frozenset(["'s", "’s"])
_ENDINGS = ["，、,", "；;", "：:", "。｡．.", "！!", "？?", "…", "".join(CLOSING) + "\"'’"]  # marks of one kind, in both languages
_ENDING_MARKS = frozenset("".join(_ENDINGS))
_OPENING_MARKS = frozenset([*OPENING, "'"])
_LOOSE = _INNER | _POSSESSIVE | _ENDING_MARKS | _OPENING_MARKS
_AGAINST = -0.5  # what a mark at an edge says where the source has none


class Edges:
    """The words of one target, each with the nearest words on both sides that carry meaning (their numbers, or None).

    `literal` are the words that stand in the source as well: these carry meaning whatever they are.
    """

    def __init__(self, words: Sequence[str], literal: Container[int]) -> None:
        self._words = [word.lower() for word in words]
        self._loose = [word in _LOOSE and place not in literal for place, word in enumerate(self._words)]
        self._before = _nearest(self._loose)
        self._after = [None if place is None else len(words) - 1 - place for place in reversed(_nearest(self._loose[::-1]))]

    def marked(self, votes: Sequence[float], source: str) -> list[float]:
        """Return how much each word belongs to an element with the text `source`, given its votes for it."""
        ending = _POSSESSIVE if source.endswith("的") else next((marks for marks in _ENDINGS if source and source[-1] in marks), "")
        opening = _OPENING_MARKS if source[:1] in _OPENING_MARKS else frozenset()
        return [self._of_element(place, votes, ending, opening) for place in range(len(votes))]

    def plain(self, votes: Sequence[float]) -> list[float]:
        """Return how much each word belongs to the text around the elements."""
        return [self._of_plain(place, votes) if loose else votes[place] for place, loose in enumerate(self._loose)]

    def _of_element(self, place: int, votes: Sequence[float], ending: Container[str], opening: Container[str]) -> float:
        left, right = self._neighbours(place, votes)
        word = self._words[place]
        if not self._loose[place]:
            return min(votes[place], right) if word in _LEADING else votes[place]
        if word in ending:
            return left
        if word in opening:
            return right
        return min(left, right) or (0.0 if word in _INNER else _AGAINST)

    def _of_plain(self, place: int, votes: Sequence[float]) -> float:
        left, right = self._neighbours(place, votes)
        return max(votes[place], left, 0.0 if self._words[place] in _ENDING_MARKS else right)

    def _neighbours(self, place: int, votes: Sequence[float]) -> tuple[float, float]:
        before, after = self._before[place], self._after[place]
        return 0.0 if before is None else votes[before], 0.0 if after is None else votes[after]


def _nearest(loose: Sequence[bool]) -> list[int | None]:
    """Return, for each word, the last one before it that carries meaning."""
    found: list[int | None] = []
    last = None
    for place, is_loose in enumerate(loose):
        found.append(last)
        last = last if is_loose else place
    return found
