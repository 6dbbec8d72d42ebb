"""Cuts a sentence that is too long for the model at its best places."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import ceil
from typing import NamedTuple

from pipeline.punctuation import CLOSERS, HAN, WIDE, pairs

MAX_CHARS = 120  # Han characters
LATIN_COST = 0.3  # a subword of Latin text has three to four characters
INSIDE_PAIR = 10  # added to the level of a place inside quotes or brackets

_CLOSERS = "[" + re.escape("".join(sorted(CLOSERS))) + "]*"
# The better the place, the lower its level. ASCII marks count only as punctuation, not in numbers, times and addresses.
_PLACES = re.compile(
    rf"(?P<stop>[。｡！？…]+{_CLOSERS}) | (?P<semicolon>(?:；|;(?=\s)){_CLOSERS}) | (?P<comma>(?:[，：]|[,:](?=\s)){_CLOSERS})"
    rf"| (?P<enumeration>、) | (?P<other>\s+|——|[)）】》」』”]+)",
    re.VERBOSE,
)
_LEVELS = {"stop": 0, "semicolon": 1, "comma": 2, "enumeration": 3, "other": 4}


class _Place(NamedTuple):
    """A place to cut."""

    offset: int
    level: int


def split_long(sentence: str) -> Iterator[str]:
    """Yield `sentence` in parts of at most `MAX_CHARS` Han characters (Latin text counts less), of about the same length.

    A part ends behind a stop inside a quote, else a semicolon, a comma, an enumeration comma or a space; where there is none, between
    two Han characters. A Latin word or number is never cut; one that is too long is a part by itself.
    """
    costs = list(accumulate((LATIN_COST if c.isascii() else 1.0 for c in sentence), initial=0.0)) if len(sentence) > MAX_CHARS else [0.0]
    if costs[-1] <= MAX_CHARS:
        yield sentence
        return
    places = _places(sentence)
    start = 0
    while (rest := costs[-1] - costs[start]) > MAX_CHARS:
        aim = costs[start] + rest / ceil(rest / MAX_CHARS)
        low = bisect_left(costs, (costs[start] + aim) / 2, start + 1)
        high = bisect_right(costs, costs[start] + MAX_CHARS) - 1
        window = places[bisect_left(places, (low, 0)) : bisect_right(places, (high, INSIDE_PAIR * 2))]
        cut = _best(window, costs, aim) or _between_words(sentence, start, bisect_left(costs, aim))
        yield sentence[start:cut]
        start = cut
    if start < len(sentence):
        yield sentence[start:]


def _places(sentence: str) -> list[_Place]:
    """Return the places to cut, in order."""
    closed, found = 0, []
    paired = pairs(sentence)
    ends = iter(sorted(paired.items()))
    opened, closing = next(ends, (len(sentence), 0))
    for match in _PLACES.finditer(sentence):
        offset = match.end()
        while opened < offset:
            closed = max(closed, closing)
            opened, closing = next(ends, (len(sentence), 0))
        level = _LEVELS[match.lastgroup or "other"]
        found.append(_Place(offset, level + INSIDE_PAIR * (offset <= closed)))
    return found


def _best(places: Sequence[_Place], costs: Sequence[float], aim: float) -> int | None:
    """Return the place of the lowest level, among equals the nearest to the aim."""
    return min(places, key=lambda place: (place.level, abs(costs[place.offset] - aim)), default=_Place(0, 0)).offset or None


def _between_words(sentence: str, start: int, place: int) -> int:
    """Return a place near `place` that is not inside a Latin word or before a closing mark; at least one character from `start`."""
    cut = place
    while cut > start and not _is_free(sentence, cut):
        cut -= 1
    if cut > start:
        return cut
    cut = place
    while cut < len(sentence) and not _is_free(sentence, cut):
        cut += 1
    return cut


def _is_free(sentence: str, cut: int) -> bool:
    """Tell whether a cut goes between Han characters or words."""
    before, after = sentence[cut - 1], sentence[cut]
    if HAN.match(after):
        return True
    return (bool(WIDE.match(before)) or before.isspace()) and (after.isascii() and after.isalnum())
