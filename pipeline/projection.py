"""Lays the slots of a source segment over the words of its translation, as an alignment tells.

Each inline element gets the window of words that take most from its characters; the text around it gets the rest. Windows are whole
words, apart from each other and inside the window of the element around them. Elements keep their order unless another one fits clearly
better and the slots may move. What cannot change (results of fields, kept words, anchors) gets its own text or nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

from models.document import Span, SpanKind
from models.segment import Link
from pipeline.edges import Edges
from pipeline.proportion import demand, same_words
from pipeline.votes import Votes

_NEVER = -1e9
_OUTSIDE = 0.05  # what a word must take from an element beyond what it takes from the text around it
_OWN = 0.05  # what a vote for the slot itself counts, beside one for all slots that look like it
_COPY = 0.02  # what a copy of a slot must gain
_ANCHORED = 2  # characters before an anchor that say where it belongs
_CROSSING = 0.1  # what each crossing of two elements must gain


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot of the source and the words of the target it gets, `first` to `last`, exclusive; a slot may be placed more than once."""

    slot: Span
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Item:
    """Slots in one inline element, or one slot of the text around (`is_plain`)."""

    slots: tuple[Span, ...]
    is_plain: bool

    @property
    def start(self) -> int:
        return self.slots[0].start

    @property
    def end(self) -> int:
        return self.slots[-1].end


@dataclass(frozen=True, slots=True)
class _State:
    """What a stretch of words can be: an item, or (None) a copy of plain text.

    `scores` has a number for each word or, where the state `is_empty`, for each place between words.
    """

    item: _Item | None
    scores: Sequence[float]
    least: int
    is_empty: bool = False


class Projector:
    """Places the slots of one segment, ranges of its source that tile it; `movable` says whether they may come in another order.

    `texts` are source and target, `links` relate them.
    """

    def __init__(self, texts: tuple[str, str], slots: Sequence[Span], links: Sequence[Link], *, movable: bool) -> None:
        self._source, self._target = source, target = texts
        self._movable = movable
        self._slots = tuple(slots)
        self._same = same_words(source, target)
        self.votes = Votes(source, target, links, [slot.end for slot in slots])
        self._edges = Edges([target[start:end] for start, end in self.votes.words], self.votes.literal)

    def place(self) -> list[Placed]:
        """Return the slots over all words of the target, in the target's order."""
        is_flat = not self._movable and not any(slot.path for slot in self._slots)
        return list(self._lay(self._slots, (0, len(self.votes.words)), len(self._slots) if is_flat else 0))

    def confidence(self, placed: Sequence[Placed], start: int, end: int) -> float:
        """Return how well the words given to the slots from `start` to `end` of the source are those that come from there, 0 to 1."""
        votes = self.votes
        inside = [word for item in placed if start <= item.slot.start < end for word in range(item.first, item.last)]
        mass = sum(votes.vote(word, start, end) for word in inside)
        given = sum(votes.total(word) for word in inside)
        wanted = sum(votes.vote(word, start, end) for word in range(len(votes.words)))
        return 2 * mass / (given + wanted) if mass else 0.0

    def _lay(self, slots: tuple[Span, ...], window: tuple[int, int], depth: int) -> Iterator[Placed]:
        items = _items(slots, depth)
        if len(items) == 1:
            yield from self._inside(items[0], window, depth)
            return
        for item, first, last in self._arrange(items, window):
            yield from self._inside(item, (first, last), depth)

    def _inside(self, item: _Item, window: tuple[int, int], depth: int) -> Iterator[Placed]:
        if len(item.slots) == 1:
            yield Placed(item.slots[0], *window)
        else:
            yield from self._lay(item.slots, window, depth + 1)

    def _arrange(self, items: Sequence[_Item], window: tuple[int, int]) -> list[tuple[_Item, int, int]]:
        """Return the items with the words each gets, in the target's order; a plain one may come several times."""
        straight, score = self._fit(self._states(items, window), window)
        if not self._movable:
            return _named(straight, items)
        marked = [item for item in items if not item.is_plain and item.end > item.start]
        order = sorted(marked, key=lambda item: self._centre(item, window))
        if order == marked:
            return _named(straight, items)
        crossed, other = self._fit(self._crossed_states(order, items, window), window)
        crossings = sum(a.start > b.start for index, a in enumerate(order) for b in order[index:])
        if other - _CROSSING * crossings <= score:
            return _named(straight, items)
        return self._completed(crossed, items)

    def _states(self, items: Sequence[_Item], window: tuple[int, int]) -> list[_State]:
        """Return the items in the source's order, with places for copies of plain text between those that are marked."""
        plain = [item for item in items if item.is_plain]
        copies = self._movable and bool(plain)
        states: list[_State] = []
        for item in items:
            if copies and not item.is_plain and (not states or (states[-1].item and not states[-1].item.is_plain)):
                states.append(_State(None, self._plain(plain, window), 0))
            states.append(self._state(item, plain, window))
        if copies and not items[-1].is_plain:
            states.append(_State(None, self._plain(plain, window), 0))
        return states

    def _crossed_states(self, order: Sequence[_Item], items: Sequence[_Item], window: tuple[int, int]) -> list[_State]:
        plain = [item for item in items if item.is_plain]
        copies = [_State(None, self._plain(plain, window), 0)] if plain else []
        states = list(copies)
        for item in order:
            states += [self._state(item, plain, window), *copies]
        return states

    def _state(self, item: _Item, plain: Sequence[_Item], window: tuple[int, int]) -> _State:
        if item.start == item.end:
            return _State(item, self._anchor_scores(item, window), 0, is_empty=True)
        own = self._votes_for(item, window)
        if item.is_plain:
            return _State(item, [every + _OWN * vote for every, vote in zip(self._plain(plain, window), own, strict=True)], 0)
        literal = self._literal(item)
        if literal or (item.slots[0].kind is not SpanKind.TEXT and len(item.slots) == 1):
            return self._fixed_state(item, literal, window)
        bias = _OUTSIDE if plain else 0.0
        scores = self._edges.marked(self._every_vote(item), self._source[item.start : item.end])
        least = demand(self._source, (item.start, item.end), self._same)
        return _State(item, [score - bias for score in scores[slice(*window)]], least)

    def _fixed_state(self, item: _Item, place: range, window: tuple[int, int]) -> _State:
        """Return the state of an item that takes the text at `place` of the target and nothing else."""
        if not place:
            return _State(item, self._anchor_scores(item, window), 0, is_empty=True)
        inside = [start in place and end - 1 in place for start, end in self.votes.words[slice(*window)]]
        return _State(item, [2.0 if own else -2.0 for own in inside], 0)

    def _literal(self, item: _Item) -> range:
        """Return where the target has the very text of an item that has no Chinese; an empty range if it has not."""
        starts = {word.source: word.target for word in self._same}
        ends = {word.source + word.length: word.target + word.length for word in self._same}
        place = range(starts.get(item.start, 0), ends.get(item.end, 0))
        return place if self._target[place.start : place.stop] == self._source[item.start : item.end] else range(0)

    def _anchor_scores(self, item: _Item, window: tuple[int, int]) -> list[float]:
        """Return how well each place behind a word suits what has no words and belongs to the characters before it."""
        start = max(0, item.start - _ANCHORED)
        return [0.0, *(self.votes.vote(word, start, item.start) for word in range(*window))]

    def _plain(self, plain: Sequence[_Item], window: tuple[int, int]) -> list[float]:
        return self._edges.plain(self._sum(plain))[slice(*window)]

    def _sum(self, items: Sequence[_Item]) -> list[float]:
        return [sum(votes) for votes in zip(*(self._every_vote(item) for item in items), strict=True)]

    def _every_vote(self, item: _Item) -> list[float]:
        return self._votes_for(item, (0, len(self.votes.words)))

    def _votes_for(self, item: _Item, window: tuple[int, int]) -> list[float]:
        return [self.votes.vote(word, item.start, item.end) for word in range(*window)]

    def _centre(self, item: _Item, window: tuple[int, int]) -> float:
        """Return about where in the target an item lies."""
        votes = [vote**2 for vote in self._votes_for(item, window)]
        weighted = sum(place * vote for place, vote in enumerate(votes))
        return weighted / sum(votes) if sum(votes) else len(votes) * item.start / max(1, len(self._source))

    def _fit(self, states: Sequence[_State], window: tuple[int, int]) -> tuple[list[tuple[_State, int, int]], float]:
        """Return the states with the words they get, so that the sum of the words' scores is greatest, and that sum."""
        first, last = window
        if sum(state.least for state in states) > last - first:
            states = [_State(state.item, state.scores, 0, state.is_empty) for state in states]
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

    def _completed(self, placed: Sequence[tuple[_State, int, int]], items: Sequence[_Item]) -> list[tuple[_Item, int, int]]:
        """Return the arrangement with a plain slot for each stretch of plain words, and the slots that got none beside their neighbours."""
        plain = [item for item in items if item.is_plain]
        done = [
            (state.item or max(plain, key=lambda item: self._mass(item, first, last)), first, last)
            for state, first, last in placed
            if state.item or first < last
        ]
        for index, item in enumerate(items):
            if all(other is not item for other, _, _ in done):
                at = next((place + 1 for place, entry in enumerate(done) if index and entry[0] is items[index - 1]), 0)
                edge = done[at - 1][2] if at else (done[0][1] if done else 0)
                done.insert(at, (item, edge, edge))
        return done

    def _mass(self, item: _Item, first: int, last: int) -> float:
        return sum(self._votes_for(item, (first, last)))


def _items(slots: Sequence[Span], depth: int) -> list[_Item]:
    """Return the elements at a depth of their paths, and the slots that are in none."""
    items: list[_Item] = []
    for number, group in groupby(slots, key=lambda slot: slot.path[depth] if len(slot.path) > depth else None):
        if number is None:
            items += [_Item((slot,), is_plain=slot.kind is SpanKind.TEXT and len(slot.path) == depth) for slot in group]
        else:
            items.append(_Item(tuple(group), is_plain=False))
    return items


def _extend(best: Sequence[float], state: _State) -> tuple[list[float], list[int]]:
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


def _named(placed: Sequence[tuple[_State, int, int]], items: Sequence[_Item]) -> list[tuple[_Item, int, int]]:
    """Return the arrangement with the nearest plain slot for each copy of plain text that got words."""
    plain = [index for index, item in enumerate(items) if item.is_plain]
    result: list[tuple[_Item, int, int]] = []
    seen = 0
    for state, first, last in placed:
        if state.item is not None:
            result.append((state.item, first, last))
            seen += 1
        elif first < last:
            at = seen
            result.append((items[min(plain, key=lambda index: abs(index - at + 0.5))], first, last))
    return result
