"""How well the words of a translation suit the inline elements of its source, and the text around them."""

from collections.abc import Sequence

from models.document import SpanKind
from models.segment import Link
from pipeline.edges import Edges
from pipeline.proportion import demand, same_words
from pipeline.votes import Votes
from pipeline.windows import Item, State

_OUTSIDE = 0.05  # what a word must take from an element beyond what it takes from the text around it
_PLAIN = 0.6  # what a vote for the text around counts: it has more characters, and noise falls on them
_OWN = 0.05  # what a vote for the slot itself counts, beside one for all slots that look like it
_LITERAL = 2.0  # what a word counts that is the very one of its slot
_FOREIGN = -100.0  # and another word, for a slot that takes its own text alone
_ANCHORED = 2  # characters before an anchor that say where it belongs


class Scores:
    """The scores of one segment and its translation (`texts`), as `links` relate them; `cuts` are the edges of its slots."""

    def __init__(self, texts: tuple[str, str], links: Sequence[Link], cuts: Sequence[int]) -> None:
        self._source, self._target = source, target = texts
        self._same = same_words(source, target)
        self.votes = Votes(source, target, links, cuts)
        self._edges = Edges([target[start:end] for start, end in self.votes.words], self.votes.literal)

    def plain(self, items: Sequence[Item], window: tuple[int, int]) -> list[float]:
        """Return how well each word of the window suits the plain text of these items."""
        votes = [sum(shares) for shares in zip(*(self._votes_for(item) for item in items), strict=True)]
        return [_PLAIN * vote for vote in self._edges.plain(votes)[slice(*window)]]

    def state(self, item: Item, plain: Sequence[float], window: tuple[int, int]) -> State:
        """Return the state of an item, where `plain` are the scores of all plain text beside it (empty if there is none)."""
        if item.is_anchor:
            return State(item, self.anchor(item, window), is_empty=True)
        if item.is_plain:
            own = self._votes_for(item)[slice(*window)]
            return State(item, [every + _OWN * vote for every, vote in zip(plain, own, strict=True)])
        literal = self._literal(item)
        if literal or (len(item.slots) == 1 and item.slots[0].kind is not SpanKind.TEXT):
            return self._fixed_state(item, literal, window)
        scores = self._edges.marked(self._votes_for(item), self._source[item.start : item.end])[slice(*window)]
        bias = _OUTSIDE if plain else 0.0
        return State(item, [score - bias for score in scores], demand(self._source, (item.start, item.end), self._same))

    def anchor(self, item: Item, window: tuple[int, int]) -> list[float]:
        """Return how well each place between words suits what has no words and belongs to the characters before it."""
        start = max(0, item.start - _ANCHORED)
        return [0.0, *(self.votes.vote(word, start, item.start) for word in range(*window))]

    def mass(self, item: Item, window: tuple[int, int]) -> float:
        """Return how much of the words of a window comes from an item."""
        return sum(self.votes.vote(word, item.start, item.end) for word in range(*window))

    def centre(self, item: Item, window: tuple[int, int]) -> float:
        """Return about where in a window an item lies, in words."""
        votes = [vote**2 for vote in self._votes_for(item)[slice(*window)]]
        weighted = sum(place * vote for place, vote in enumerate(votes))
        return weighted / sum(votes) if sum(votes) else len(votes) * item.start / max(1, len(self._source))

    def confidence(self, words: Sequence[int], start: int, end: int) -> float:
        """Return how well these words are those that come from the characters from `start` to `end` of the source, 0 to 1."""
        votes = self.votes
        mass = sum(votes.vote(word, start, end) for word in words)
        given = sum(votes.total(word) for word in words)
        wanted = sum(votes.vote(word, start, end) for word in range(len(votes.words)))
        return 2 * mass / (given + wanted) if mass else 0.0

    def _fixed_state(self, item: Item, place: range, window: tuple[int, int]) -> State:
        """Return the state of an item that takes the text at `place` of the target and nothing else."""
        if not place:
            return State(item, self.anchor(item, window), is_empty=True)
        inside = [start in place and end - 1 in place for start, end in self.votes.words[slice(*window)]]
        return State(item, [_LITERAL if own else _FOREIGN for own in inside])

    def _literal(self, item: Item) -> range:
        """Return where the target has the very text of an item, word for word; an empty range if it has not."""
        starts = {word.source: word.target for word in self._same}
        ends = {word.source + word.length: word.target + word.length for word in self._same}
        place = range(starts.get(item.start, 0), ends.get(item.end, 0))
        return place if self._target[place.start : place.stop] == self._source[item.start : item.end] else range(0)

    def _votes_for(self, item: Item) -> list[float]:
        return [self.votes.vote(word, item.start, item.end) for word in range(len(self.votes.words))]
