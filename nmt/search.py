"""Beam search as DAMO's CSANMT decodes, as a pure function over a step callable.

Shapes in comments: R sentences still searched, K beams, C = 2K candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

END = 0
LOWEST = np.float32(np.finfo(np.float32).min)


class Continued(NamedTuple):
    """The hypotheses that a step continues.

    `kept` [R]: the row that each sentence had in the step before; sentences that are done are no longer among them. `parents` [R, K]: the
    beam of the step before that each hypothesis continues. `tokens` [R, K]: the token it was continued with; at the first step there is
    none and they are to be ignored. `log_probs` [R, K]: the hypotheses' log-probabilities, LOWEST where there is none.
    """

    kept: Ints
    parents: Ints
    tokens: Ints
    log_probs: Floats


class Step(Protocol):
    """One decoder step for the sentences that are still searched."""

    def __call__(self, continued: Continued) -> tuple[Floats, Ints]:
        """Return the 2K best continuations of each sentence.

        Returns:
            Log-probabilities of the continued hypotheses, [R, C], descending, and beam · vocabulary size + token, [R, C]. Both may be
            overwritten by the next step.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A translation in target ids without the end of sentence; `score` is its log-probability over the length penalty.

    `finished` is false where the length limit ended it before the model did. `token_scores` are the log-probabilities of the tokens, and
    of the end of sentence where it is finished.
    """

    tokens: tuple[int, ...]
    score: float
    finished: bool
    token_scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`beam` hypotheses a sentence, length penalty ((5 + length) / 6) ** `penalty`, and the number of scores of a position."""

    beam: int
    penalty: float
    vocabulary: int

    def normaliser(self, length: int | Ints) -> Floats:
        """Return the length penalty of hypotheses of this length, the end of sentence counted."""
        return np.asarray(((5.0 + np.asarray(length, np.float32)) / np.float32(6.0)) ** np.float32(self.penalty), np.float32)


_Station = tuple[list[int], list[int], list[float]]  # parents, tokens, log-probabilities of a sentence's beams after one step


class _Beams:
    """The hypotheses of the sentences that are still searched; arrays have one row a sentence unless the comment says otherwise."""

    def __init__(self, limits: Ints, options: SearchOptions) -> None:
        rows, beam = len(limits), options.beam
        self.options = options
        self.sentence = np.arange(rows)
        self.kept = self.sentence
        self.limits = limits
        self.normalisers = options.normaliser(np.arange(limits.max(initial=0) + 1))  # by length
        self.best_final = self.normalisers[limits]
        self.rows = self.sentence[:, None]
        self.log_probs = np.full((rows, beam), LOWEST, np.float32)
        self.log_probs[:, 0] = 0.0
        self.parents = np.tile(np.arange(beam), (rows, 1))
        self.tokens = np.zeros((rows, beam), np.int64)
        self.done_scores = np.full((rows, beam), LOWEST, np.float32)
        self.done_at = np.full((rows, beam, 2), -1)  # length and beam of what was finished, the end of sentence not counted; -1 for nothing
        self.done_last = np.zeros((rows, beam), np.float32)  # its log-probability
        # For each step: the rows of the step before, parents, tokens, log-probabilities.
        self.steps: list[tuple[Ints, Ints, Ints, Floats]] = []

    def advance(self, log_probs: Floats, continuations: Ints) -> None:
        """Take the candidates of one step: [R, C] each."""
        beam = self.options.beam
        normaliser = self.normalisers[len(self.steps) + 1]
        scores = log_probs / normaliser
        sources, symbols = np.divmod(continuations, self.options.vocabulary)
        ends = symbols == END
        if ends.any():
            self._finish(np.where(ends, scores, LOWEST), sources, log_probs)
            scores = np.where(ends, LOWEST, scores)
            chosen = _best(scores, beam)
            sources, symbols, scores = (values[self.rows, chosen] for values in (sources, symbols, scores))
        alive = scores[:, :beam]
        self.parents, self.tokens = sources[:, :beam], symbols[:, :beam]
        self.log_probs = np.where(alive > LOWEST, alive * normaliser, LOWEST).astype(np.float32)
        self.steps.append((self.kept, self.parents, self.tokens, self.log_probs))

    def _finish(self, scores: Floats, sources: Ints, log_probs: Floats) -> None:
        """Keep the best K of the finished hypotheses so far and the new ones; earlier ones win ties."""
        new = np.stack([np.full_like(sources, len(self.steps)), sources], axis=2)
        new[scores == LOWEST] = -1
        all_scores = np.concatenate([self.done_scores, scores], axis=1)
        kept = _best(all_scores, self.options.beam)
        self.done_scores = all_scores[self.rows, kept]
        self.done_at = np.concatenate([self.done_at, new], axis=1)[self.rows, kept]
        self.done_last = np.concatenate([self.done_last, log_probs], axis=1)[self.rows, kept]

    def over(self) -> Bools:
        """Return which sentences need no further step: none of their living hypotheses can win any more, or the limit is reached."""
        best_alive = self.log_probs[:, 0] / self.best_final
        worst_done = np.where(self.done_at[:, :, 0] >= 0, self.done_scores, 0).min(axis=1)
        worst_done = np.where(self.done_at[:, 0, 0] >= 0, worst_done, LOWEST)
        return np.asarray((worst_done > best_alive) | (len(self.steps) >= self.limits))

    def keep(self, order: Ints) -> None:
        """Keep the sentences in these rows, in this order."""
        self.kept = order
        if len(order) < len(self.sentence):
            self.rows = self.rows[: len(order)]
            for name in ("sentence", "limits", "best_final", "parents", "tokens", "log_probs", "done_scores", "done_at", "done_last"):
                setattr(self, name, getattr(self, name)[order])

    def hypotheses(self, row: int) -> list[Hypothesis]:
        """Return the row's finished hypotheses, best first, or its living ones where none has finished."""
        path = self._path(row)
        done = zip(self.done_at[row].tolist(), self.done_scores[row].tolist(), self.done_last[row].tolist(), strict=True)
        finished = [_traced(path[: at[0]], at[1], score, last) for at, score, last in done if at[0] >= 0]
        if finished:
            return finished
        scores = self.log_probs[row] / self.options.normaliser(len(self.steps))
        return [_traced(path, beam, score, None) for beam, score in enumerate(scores.tolist())]

    def _path(self, row: int) -> list[_Station]:
        """Return what each step recorded of the sentence that is now in this row."""
        path: list[_Station] = []
        for kept, parents, tokens, log_probs in reversed(self.steps):
            path.append((parents[row].tolist(), tokens[row].tolist(), log_probs[row].tolist()))
            row = int(kept[row])
        path.reverse()
        return path


def _traced(path: list[_Station], beam: int, score: float, last: float | None) -> Hypothesis:
    """Follow a hypothesis back to its beginning; `last` is its log-probability with the end of sentence."""
    tokens: list[int] = []
    sums = [] if last is None else [last]
    for parents, symbols, log_probs in reversed(path):
        tokens.append(symbols[beam])
        sums.append(log_probs[beam])
        beam = parents[beam]
    sums.reverse()
    steps = tuple(later - earlier for earlier, later in zip([0.0, *sums], sums, strict=False))
    return Hypothesis(tuple(reversed(tokens)), score, last is not None, steps)


def beam_search(step: Step, limits: Sequence[int], options: SearchOptions) -> list[list[Hypothesis]]:
    """Return the hypotheses of each sentence, best first.

    A finished hypothesis always comes before an unfinished one. The other sentences never change a sentence's result: each is dropped
    as soon as its own search is over.

    Args:
        step: the model.
        limits: the greatest number of target tokens of each sentence, the end of sentence counted.
        options: beam, length penalty, vocabulary size.
    """
    beams = _Beams(np.asarray(limits, np.int64), options)
    results: list[list[Hypothesis]] = [[] for _ in limits]
    while True:
        over = beams.over()
        for row in np.flatnonzero(over):
            results[beams.sentence[row]] = beams.hypotheses(int(row))
        beams.keep(filled_order(over))
        if not len(beams.sentence):
            return results
        beams.advance(*step(Continued(beams.kept, beams.parents, beams.tokens, beams.log_probs)))


def filled_order(gone: Bools) -> Ints:
    """Return the rows that stay, the last ones in the places of those that are gone, so that few change their place."""
    order = np.arange(len(gone) - int(gone.sum()))
    holes = np.flatnonzero(gone[: len(order)])
    if len(holes):
        order[holes] = len(order) + np.flatnonzero(~gone[len(order) :])
    return order


def _best(scores: Floats, count: int) -> Ints:
    """Return the indices of the `count` highest scores of each row, descending; the lower index wins a tie."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]
