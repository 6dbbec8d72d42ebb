"""Cuts the words of a translation into windows, one for each of a row of states, so that the sum of what the words score is greatest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from models.document import Span

_NEVER = -1e9
_COPY = 0.02  # what a copy of a slot must gain


@dataclass(frozen=True, slots=True)
class Item:
    """Slots in one inline element, or one slot of the text around (`is_plain`)."""

    slots: tuple[Span, ...]
    is_plain: bool

    @property
    def is_anchor(self) -> bool:
        """Whether it has no text."""
        return self.start == self.end

    @property
    def start(self) -> int:
        """Where it starts in the source."""
        return self.slots[0].start

    @property
    def end(self) -> int:
        """Where it ends in the source."""
        return self.slots[-1].end


@dataclass(frozen=True, slots=True)
class State:
    """What a stretch of words can be: an item, or (None) a copy of plain text, with `least` words.

    `scores` has a number for each word or, where the state `is_empty`, for each place between words.
    """

    item: Item | None
    scores: Sequence[float]
    least: int = 0
    is_empty: bool = False


def fit(states: Sequence[State], window: tuple[int, int]) -> tuple[list[tuple[State, int, int]], float]:
    """Return the states, in their order, with the words they get, and the greatest sum of scores; too few words are owed to none."""
    first, last = window
    if sum(state.least for state in states) > last - first:
        states = [replace(state, least=0) for state in states]
    best = [0.0] + [_NEVER * (count + 1) for count in range(last - first)]
    choices: list[list[int]] = []
    for state in states:
        best, choice = _extend(best, state)
        choices.append(choice)
    edges = [last - first]
    for choice in reversed(choices):
        edges.append(choice[edges[-1]])
    spans = pairwise(reversed(edges))
    return [(state, first + start, first + end) for state, (start, end) in zip(states, spans, strict=True)], best[-1]


def _extend(best: Sequence[float], state: State) -> tuple[list[float], list[int]]:
    """Return, for each number of words, the best sum with one state more and where that state begins."""
    if state.is_empty:
        return [score + bonus for score, bonus in zip(best, state.scores, strict=True)], list(range(len(best)))
    sums = [0.0, *accumulate(state.scores)]
    result: list[float] = []
    choice: list[int] = []
    price = _COPY if state.item is None else 0.0
    leader = -1
    for count in range(len(best)):
        begin = count - max(state.least, 1)
        if begin >= 0 and (leader < 0 or best[begin] - sums[begin] > best[leader] - sums[leader]):
            leader = begin
        filled = best[leader] - sums[leader] + sums[count] - price if leader >= 0 else _NEVER * (count + 2)
        empty = best[count] if state.least == 0 else _NEVER * (count + 2)
        result.append(max(filled, empty))
        choice.append(leader if filled > empty else count)
    return result, choice
