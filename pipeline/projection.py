"""Lays the slots of a source segment over the words of its translation, as an alignment tells.

Each inline element gets the window of words that take most from its characters; the text around it gets the rest. Windows are whole
words, apart from each other and inside the window of the element around them. Elements keep their order unless another one fits clearly
better and the slots may move. What cannot change (results of fields, kept words, anchors) gets its own text or nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from models.document import Span, SpanKind
from models.segment import Link
from pipeline.scores import Scores
from pipeline.windows import Item, State, fit

_CROSSING = 0.1  # what another order must gain, and each crossing of two elements in it

_Entry = tuple[Item, int, int]  # an item and its words, from the first to behind the last


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot of the source and the words of the target it gets, `first` to `last`, exclusive; a slot may be placed more than once."""

    slot: Span
    first: int
    last: int


class Projector:
    """Places the slots of one segment, ranges of its source that tile it; `movable` says whether they may come in another order.

    `texts` are source and target, `links` relate them.
    """

    def __init__(self, texts: tuple[str, str], slots: Sequence[Span], links: Sequence[Link], *, movable: bool) -> None:
        self._movable = movable
        self._slots = tuple(slots)
        self._scores = Scores(texts, links, [slot.end for slot in slots])
        self.words = self._scores.votes.words

    def place(self) -> list[Placed]:
        """Return the slots over all words of the target, in the target's order."""
        is_flat = not self._movable and not any(slot.path for slot in self._slots)
        depth = len(self._slots) if is_flat else 0  # deeper than any path: each slot is an item of its own, and none is plain
        return list(self._lay(self._slots, (0, len(self.words)), depth))

    def confidence(self, placed: Sequence[Placed], start: int, end: int) -> float:
        """Return how well the words given to the slots from `start` to `end` of the source are those that come from there, 0 to 1."""
        words = [word for item in placed if start <= item.slot.start < end for word in range(item.first, item.last)]
        return self._scores.confidence(words, start, end)

    def _lay(self, slots: tuple[Span, ...], window: tuple[int, int], depth: int) -> Iterator[Placed]:
        items = _items(slots, depth)
        if len(items) == 1:
            yield from self._inside(items[0], window, depth)
            return
        for item, first, last in _Level(self._scores, items, window).arrange(movable=self._movable):
            yield from self._inside(item, (first, last), depth)

    def _inside(self, item: Item, window: tuple[int, int], depth: int) -> Iterator[Placed]:
        if len(item.slots) == 1:
            yield Placed(item.slots[0], *window)
        else:
            yield from self._lay(item.slots, window, depth + 1)


class _Level:
    """The items of one level of nesting and the window of words that they share."""

    def __init__(self, scores: Scores, items: Sequence[Item], window: tuple[int, int]) -> None:
        self._scores = scores
        self._items = items
        self._window = window
        self._plain = [item for item in items if item.is_plain]
        self._plain_scores = scores.plain(self._plain, window) if self._plain else []
        self._copies = [State(None, self._plain_scores)] if self._plain else []

    def arrange(self, *, movable: bool) -> list[_Entry]:
        """Return the items with the words each gets, in the target's order; a plain one may come several times."""
        straight, score = fit(self._states(copies=movable), self._window)
        if not movable:
            return self._named(straight)
        marked = [item for item in self._items if not item.is_plain and not item.is_anchor]
        order = sorted(marked, key=lambda item: self._scores.centre(item, self._window))
        crossings = sum(a.start > b.start for index, a in enumerate(order) for b in order[index:])
        placed, other = fit(self._free_states(order), self._window)
        free = self._completed(placed)
        other += sum(self._insert(free, index) for index, item in enumerate(self._items) if item.is_anchor)
        return free if other - _CROSSING * (crossings + 1) > score else self._named(straight)

    def _states(self, *, copies: bool) -> list[State]:
        """Return the items in the source's order; with `copies`, a place for plain text on both sides of each that is marked."""
        states: list[State] = []
        after_marked = True
        for item in self._items:
            if copies and after_marked and not item.is_plain:
                states += self._copies
            states.append(self._scores.state(item, self._plain_scores, self._window))
            after_marked = not item.is_plain
        return [*states, *self._copies] if copies and after_marked else states

    def _free_states(self, order: Sequence[Item]) -> list[State]:
        """Return marked items in another order, with a place for plain text on both sides of each."""
        states = list(self._copies)
        for item in order:
            states += [self._scores.state(item, self._plain_scores, self._window), *self._copies]
        return states

    def _named(self, placed: Sequence[tuple[State, int, int]]) -> list[_Entry]:
        """Return the arrangement with the nearest plain slot for each copy of plain text that got words."""
        result: list[_Entry] = []
        seen = 0
        for state, first, last in placed:
            if state.item is not None:
                result.append((state.item, first, last))
                seen += 1
            elif first < last:
                result.append((self._nearest_plain(seen - 0.5), first, last))
        return result

    def _nearest_plain(self, place: float) -> Item:
        distances = {index: abs(index - place) for index, item in enumerate(self._items) if item.is_plain}
        return self._items[min(distances, key=distances.__getitem__)]

    def _completed(self, placed: Sequence[tuple[State, int, int]]) -> list[_Entry]:
        """Return the arrangement with a plain slot for each stretch of plain words, and those that got none beside their neighbours."""
        done = [
            (state.item or max(self._plain, key=lambda item: self._scores.mass(item, (first, last))), first, last)
            for state, first, last in placed
            if state.item or first < last
        ]
        for index, item in enumerate(self._items):
            if item.is_plain and all(other is not item for other, _, _ in done):
                self._put_behind(done, item, index)
        return done

    def _insert(self, entries: list[_Entry], index: int) -> float:
        """Put the anchor with this index behind the word it belongs to, if that is plain, and return how well it suits that place."""
        anchor, base = self._items[index], self._window[0]
        scores = self._scores.anchor(anchor, self._window)
        places = [place for item, first, last in entries if item.is_plain for place in range(first + 1, last + 1)]
        place = max(places, key=lambda place: scores[place - base], default=base)
        after_marked = index > 0 and not self._items[index - 1].is_plain
        if after_marked or not scores[place - base]:
            self._put_behind(entries, anchor, index)
            return 0.0
        at = next(at for at, (item, first, last) in enumerate(entries) if item.is_plain and first < place <= last)
        item, first, last = entries[at]
        rest: list[_Entry] = [(item, place, last)] if place < last else []
        entries[at : at + 1] = [(item, first, place), (anchor, place, place), *rest]
        return scores[place - base]

    def _put_behind(self, entries: list[_Entry], item: Item, index: int) -> None:
        """Put an item, which has this index, without words behind the first stretch of the one before it."""
        before = self._items[index - 1] if index else None
        at = next((at + 1 for at, (other, _, _) in enumerate(entries) if other is before), 0)
        edge = entries[at - 1][2] if at else self._window[0]
        entries.insert(at, (item, edge, edge))


def _items(slots: Sequence[Span], depth: int) -> list[Item]:
    """Return the elements at a depth of their paths, and the slots that are in none."""
    items: list[Item] = []
    for number, group in groupby(slots, key=lambda slot: slot.path[depth] if len(slot.path) > depth else None):
        if number is None:
            items += [Item((slot,), is_plain=slot.kind is SpanKind.TEXT and len(slot.path) == depth) for slot in group]
        else:
            items.append(Item(tuple(group), is_plain=False))
    return items
