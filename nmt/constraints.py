"""Beam search that must say certain phrases: candidates are drawn from tries, and the beam is shared among degrees of completion.

Dynamic beam allocation (Post and Vilar, 2018) over tries (Hu et al., 2019), as a pure function over a step callable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from nmt.search import END, LOWEST, Continued, Floats, Hypothesis, Ints, SearchOptions, filled_order

Phrase = tuple[int, ...]  # target ids
Wishes = Sequence[Sequence[Phrase]]  # for each wish the phrases of which one must be said
Reserved = frozenset[int]  # tokens that may be said only where they bring a hypothesis nearer to an unmet wish
MAX_WANTED = 24  # tokens asked for of one hypothesis
# Log-probability of the end of a sentence: below it the sentence is broken off, which costs less than going on where the model is unsure.
_LEAST_END = -2.3


@dataclass(slots=True)
class _Node:
    """A place in the trie of all phrases of a sentence: `ends` are the wishes whose phrase is complete here."""

    depth: int = 0
    children: dict[int, "_Node"] = field(default_factory=dict)
    ends: set[int] = field(default_factory=set)


class _State(NamedTuple):
    """What a hypothesis has said: the wishes that are met, and how far it is in a phrase."""

    met: frozenset[int]
    node: _Node


class _Said(NamedTuple):
    """A living hypothesis."""

    tokens: Phrase
    sums: tuple[float, ...]  # log-probability after each token
    state: _State
    origin: int  # the beam that it continued


class ConstrainedStep(Protocol):
    """One decoder step, as `nmt.search.Step`, that also scores tokens which were asked for."""

    def __call__(self, continued: Continued) -> tuple[Floats, Ints]:
        """Predict one position."""
        ...

    def want(self, tokens: Ints) -> None:
        """Ask for the scores of these tokens [R, K, W] in the next step, whose rows they have."""
        ...

    @property
    def wanted_scores(self) -> Floats:
        """Log-probabilities of the last step's hypotheses continued with those tokens, [R, K, W]."""
        ...


class _Sentence:
    """The search of one sentence."""

    def __init__(self, wishes: Wishes, limit: int, options: SearchOptions, reserved: Reserved) -> None:
        self._root = _Node()
        self._all = frozenset(range(len(wishes)))
        self._limit = limit
        self._options = options
        self._reserved = reserved
        for number, phrases in enumerate(wishes):
            for phrase in phrases:
                node = self._root
                for token in phrase:
                    node = node.children.setdefault(token, _Node(node.depth + 1))
                node.ends.add(number)
        self.living = [_Said((), (), _State(frozenset(), self._root), 0)]
        self.finished: list[Hypothesis] = []

    @property
    def over(self) -> bool:
        """Whether no living hypothesis can be better than what is finished, or the limit is reached."""
        if not self.living or len(self.living[0].tokens) >= self._limit:
            return True
        best = max(said.sums[-1] if said.sums else 0.0 for said in self.living) / float(self._options.normaliser(self._limit))
        return len(self.finished) >= self._options.beam and min(item.score for item in self.finished) > best

    def wanted(self, said: _Said) -> list[int]:
        """Return the tokens that would bring a hypothesis nearer to its unmet wishes, or to its end where it has none."""
        unmet = self._all - said.state.met
        if not unmet:
            return [END]
        nodes = [said.state.node] if said.state.node is self._root else [said.state.node, self._root]
        tokens = (token for node in nodes for token, child in node.children.items() if _leads_to(child, unmet))
        return list(dict.fromkeys(tokens))[:MAX_WANTED]

    def advance(self, candidates: dict[tuple[int, int], float]) -> None:
        """Take candidates: the log-probability of the whole by beam and token."""
        grown: list[_Said] = []
        for (beam, token), score in candidates.items():
            said = self.living[beam]
            if token in self._reserved and token not in self.wanted(said):
                continue
            if token != END:
                grown.append(_Said((*said.tokens, token), (*said.sums, score), self._moved(said.state, token), beam))
            elif said.state.met == self._all and score - (said.sums[-1] if said.sums else 0.0) >= _LEAST_END:
                self._finish(said, score)
        self.finished = sorted(self.finished, key=lambda item: -item.score)[: self._options.beam]
        self.living = _shared_out(grown, self._options.beam)

    def _finish(self, said: _Said, score: float) -> None:
        sums = (*said.sums, score)
        steps = tuple(later - earlier for earlier, later in zip((0.0, *sums), sums, strict=False))
        self.finished.append(Hypothesis(said.tokens, score / float(self._options.normaliser(len(sums))), finished=True, token_scores=steps))

    def _moved(self, state: _State, token: int) -> _State:
        """Return the state after one more token: on in a phrase, else at the beginning of one, else outside."""
        node = state.node.children.get(token) or self._root.children.get(token) or self._root
        met = state.met | node.ends
        return _State(met, node if node.children else self._root)


def _leads_to(node: _Node, unmet: frozenset[int]) -> bool:
    return not unmet.isdisjoint(node.ends) or any(_leads_to(child, unmet) for child in node.children.values())


def _shared_out(grown: list[_Said], beam: int) -> list[_Said]:
    """Return the hypotheses that go on: each degree of completion has its share, what it leaves goes to the best of the others."""
    ranked = sorted(grown, key=lambda said: -said.sums[-1])
    banks: dict[tuple[int, int], list[_Said]] = {}
    for said in ranked:
        banks.setdefault((len(said.state.met), said.state.node.depth), []).append(said)
    share = max(1, beam // max(1, len(banks)))
    chosen = [said for bank in sorted(banks, reverse=True) for said in banks[bank][:share]][:beam]
    taken = set(map(id, chosen))
    chosen += [said for said in ranked if id(said) not in taken][: beam - len(chosen)]
    return sorted(chosen, key=lambda said: -said.sums[-1])


def constrained_search(
    step: ConstrainedStep, wishes: Sequence[Wishes], limits: Sequence[int], options: SearchOptions, reserved: Reserved = frozenset()
) -> list[list[Hypothesis]]:
    """Return for each sentence the hypotheses in which all its wishes are met, best first; none where the search found none.

    Args:
        step: the model, prepared for MAX_WANTED tokens a hypothesis.
        wishes: for each sentence.
        limits: the greatest number of target tokens of each sentence, the end of sentence counted.
        options: beam, length penalty, vocabulary size.
        reserved: see `Reserved`.
    """
    sentences = [_Sentence(wish, limit, options, reserved) for wish, limit in zip(wishes, limits, strict=True)]
    searched = list(sentences)
    while True:
        kept = filled_order(np.array([sentence.over for sentence in searched], bool))
        searched = [searched[row] for row in kept.tolist()]
        if not searched:
            return [sentence.finished for sentence in sentences]
        asked = [[sentence.wanted(said) for said in sentence.living] for sentence in searched]
        step.want(_padded(asked, options.beam))
        scores, continuations = step(_continued(searched, kept, options.beam))
        for row, sentence in enumerate(searched):
            best = zip(continuations[row].tolist(), scores[row].tolist(), strict=True)
            candidates = {divmod(continuation, options.vocabulary): score for continuation, score in best}
            for beam, tokens in enumerate(asked[row]):
                candidates |= {(beam, token): score for token, score in zip(tokens, step.wanted_scores[row, beam].tolist(), strict=False)}
            sentence.advance({key: score for key, score in candidates.items() if key[0] < len(sentence.living)})


def _padded(asked: list[list[list[int]]], beam: int) -> Ints:
    wanted = np.zeros((len(asked), beam, MAX_WANTED), np.int64)
    for row, hypotheses in enumerate(asked):
        for place, tokens in enumerate(hypotheses):
            wanted[row, place, : len(tokens)] = tokens
    return wanted


def _continued(searched: list[_Sentence], kept: Ints, beam: int) -> Continued:
    shape = (len(searched), beam)
    parents, tokens, log_probs = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, LOWEST, np.float32)
    for row, sentence in enumerate(searched):
        for place, said in enumerate(sentence.living):
            parents[row, place] = said.origin
            tokens[row, place] = said.tokens[-1] if said.tokens else 0
            log_probs[row, place] = said.sums[-1] if said.sums else 0.0
    return Continued(kept, parents, tokens, log_probs)
