"""Beam search that must say certain tokens: the beam is shared among the degrees to which hypotheses have said them.

Dynamic beam allocation (Post and Vilar, 2018), as a pure function over a step callable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from nmt.search import END, LOWEST, Continued, Floats, Hypothesis, Ints, SearchOptions, filled_order

Tokens = tuple[int, ...]
MAX_WANTED = 16  # different tokens that one sentence can have to say
# Log-probability of the end of a sentence: below it the sentence is broken off, which costs less than going on where the model is unsure.
_LEAST_END = -2.3


class _Said(NamedTuple):
    """A living hypothesis."""

    tokens: Tokens
    sums: tuple[float, ...]  # log-probability after each token
    left: Tokens  # what it still has to say
    origin: int  # the beam that it continued

    @property
    def log_probability(self) -> float:
        return self.sums[-1] if self.sums else 0.0

    @property
    def wanted(self) -> list[int]:
        """Return the tokens that it has to say next, sooner or later."""
        return list(dict.fromkeys(self.left)) or [END]


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


@dataclass(slots=True)
class _Sentence:
    """The search of one sentence."""

    limit: int
    options: SearchOptions
    reserved: frozenset[int]
    living: list[_Said]
    finished: list[Hypothesis]

    @property
    def over(self) -> bool:
        """Whether no living hypothesis can be better than what is finished, or the limit is reached."""
        if not self.living or len(self.living[0].tokens) >= self.limit:
            return True
        best = max(said.log_probability for said in self.living) / float(self.options.normaliser(self.limit))
        return len(self.finished) >= self.options.beam and min(item.score for item in self.finished) > best

    def advance(self, candidates: dict[tuple[int, int], float]) -> None:
        """Take candidates: the log-probability of the whole by beam and token."""
        grown: list[_Said] = []
        for (beam, token), score in candidates.items():
            said = self.living[beam]
            if token == END:
                if not said.left and score - said.log_probability >= _LEAST_END:
                    self._finish(said, score)
            elif token in said.left or token not in self.reserved:
                grown.append(_Said((*said.tokens, token), (*said.sums, score), _without(said.left, token), beam))
        self.finished = sorted(self.finished, key=lambda item: -item.score)[: self.options.beam]
        self.living = _shared_out(grown, self.options.beam)

    def _finish(self, said: _Said, score: float) -> None:
        sums = (*said.sums, score)
        steps = tuple(later - earlier for earlier, later in zip((0.0, *sums), sums, strict=False))
        self.finished.append(Hypothesis(said.tokens, score / float(self.options.normaliser(len(sums))), finished=True, token_scores=steps))


def _without(left: Tokens, token: int) -> Tokens:
    """Return the tokens that are left once this one is said."""
    if token not in left:
        return left
    place = left.index(token)
    return left[:place] + left[place + 1 :]


def _shared_out(grown: list[_Said], beam: int) -> list[_Said]:
    """Return the hypotheses that go on: each degree of completion has its share, what it leaves goes to the best of the others."""
    ranked = sorted(grown, key=lambda said: -said.log_probability)
    banks: dict[int, list[_Said]] = {}
    for said in ranked:
        banks.setdefault(len(said.left), []).append(said)
    share = max(1, beam // max(1, len(banks)))
    chosen = [said for left in sorted(banks) for said in banks[left][:share]][:beam]
    taken = set(map(id, chosen))
    chosen += [said for said in ranked if id(said) not in taken][: beam - len(chosen)]
    return sorted(chosen, key=lambda said: -said.log_probability)


def constrained_search(
    step: ConstrainedStep,
    wishes: Sequence[Tokens],
    limits: Sequence[int],
    options: SearchOptions,
    reserved: frozenset[int] = frozenset(),
) -> list[list[Hypothesis]]:
    """Return for each sentence the hypotheses that say all it has to say, best first; none where the search found none.

    Args:
        step: the model, prepared for MAX_WANTED tokens a hypothesis.
        wishes: for each sentence the tokens that it has to say, each as often as it stands there.
        limits: the greatest number of target tokens of each sentence, the end of sentence counted.
        options: beam, length penalty, vocabulary size.
        reserved: tokens that may be said only as a wish.
    """
    sentences = [
        _Sentence(limit, options, reserved, [_Said((), (), tuple(wish), 0)], []) for wish, limit in zip(wishes, limits, strict=True)
    ]
    searched = list(sentences)
    while True:
        kept = filled_order(np.array([sentence.over for sentence in searched], bool))
        searched = [searched[row] for row in kept.tolist()]
        if not searched:
            return [sentence.finished for sentence in sentences]
        asked = [[said.wanted[:MAX_WANTED] for said in sentence.living] for sentence in searched]
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
            log_probs[row, place] = said.log_probability
    return Continued(kept, parents, tokens, log_probs)
