"""Beam search as DAMO's CSANMT decodes, as a pure function over a step callable.

Shapes in comments: R sentences still searched, K beams, C = 2K candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

END = 0
LOWEST = np.float32(np.finfo(np.float32).min)


class Step(Protocol):
    """One decoder step for the sentences that are still searched."""

    def __call__(self, parents: Ints, tokens: Ints, log_probs: Floats, position: int) -> tuple[Floats, Ints]:
        """Return the 2K best continuations of each sentence.

        Args:
            parents: [R·K] which hypothesis of the step before each one continues; sentences that are done are no longer among them.
            tokens: [R, K] the token each hypothesis was continued with; at position 0 there is none and they are to be ignored.
            log_probs: [R, K] the hypotheses' log-probabilities, LOWEST where there is none.
            position: 0-based position of the token to predict.

        Returns:
            Log-probabilities of the continued hypotheses, [R, C], descending, and beam · vocabulary size + token, [R, C].
        """
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A translation in target ids without the end of sentence; `score` is its log-probability over the length penalty.

    `finished` is false where the length limit ended it before the model did.
    """

    tokens: tuple[int, ...]
    score: float
    finished: bool


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """`beam` hypotheses a sentence, length penalty ((5 + length) / 6) ** `penalty`, and the number of scores of a position."""

    beam: int
    penalty: float
    vocabulary: int

    def normaliser(self, length: int | Ints) -> Floats:
        """Return the length penalty of hypotheses of this length, the end of sentence counted."""
        return np.asarray(((5.0 + np.asarray(length, np.float32)) / np.float32(6.0)) ** np.float32(self.penalty), np.float32)


class _Beams:
    """The hypotheses of the sentences that are still searched; all arrays have one row a sentence."""

    def __init__(self, limits: Ints, options: SearchOptions) -> None:
        rows, beam = len(limits), options.beam
        self.options = options
        self.sentence = np.arange(rows)
        self.limits = limits
        self.tokens = np.zeros((rows, beam, 0), np.int64)  # R x K x length so far
        self.log_probs = np.full((rows, beam), LOWEST, np.float32)
        self.log_probs[:, 0] = 0.0
        self.parents = np.arange(rows * beam)
        self.done_tokens = np.zeros((rows, beam, 0), np.int64)
        self.done_scores = np.full((rows, beam), LOWEST, np.float32)
        self.done_flags = np.zeros((rows, beam), bool)

    def advance(self, log_probs: Floats, continuations: Ints, position: int) -> None:
        """Take the candidates of one step: [R, C] each."""
        beam = self.options.beam
        normaliser = self.options.normaliser(position + 1)
        scores = log_probs / normaliser
        sources, symbols = np.divmod(continuations, self.options.vocabulary)
        ends = symbols == END
        longer = np.concatenate([np.take_along_axis(self.tokens, sources[:, :, None], 1), symbols[:, :, None]], axis=2)  # R x C x length
        self._finish(longer, np.where(ends, scores, LOWEST), ends)
        chosen = _best(np.where(ends, LOWEST, scores), beam)
        self.tokens = np.take_along_axis(longer, chosen[:, :, None], 1)
        alive = np.take_along_axis(np.where(ends, LOWEST, scores), chosen, 1)
        self.log_probs = np.where(alive > LOWEST, alive * normaliser, LOWEST).astype(np.float32)
        rows = np.arange(len(self.sentence))[:, None] * beam
        self.parents = (rows + np.take_along_axis(sources, chosen, 1)).reshape(-1)

    def _finish(self, longer: Ints, scores: Floats, ends: NDArray[np.bool_]) -> None:
        """Keep the best K of the finished hypotheses so far and the new ones; earlier ones win ties."""
        padded = np.concatenate([self.done_tokens, np.zeros((*self.done_flags.shape, 1), np.int64)], axis=2)
        tokens = np.concatenate([padded, longer], axis=1)
        all_scores = np.concatenate([self.done_scores, scores], axis=1)
        flags = np.concatenate([self.done_flags, ends], axis=1)
        kept = _best(all_scores, self.options.beam)
        self.done_tokens = np.take_along_axis(tokens, kept[:, :, None], 1)
        self.done_scores = np.take_along_axis(all_scores, kept, 1)
        self.done_flags = np.take_along_axis(flags, kept, 1)

    def over(self, length: int) -> NDArray[np.bool_]:
        """Return which sentences need no further step: none of their living hypotheses can win any more, or the limit is reached."""
        best_alive = self.log_probs[:, 0] / self.options.normaliser(self.limits)
        worst_done = np.where(self.done_flags, self.done_scores, 0).min(axis=1)
        worst_done = np.where(self.done_flags.any(axis=1), worst_done, LOWEST)
        return (worst_done > best_alive) | (length >= self.limits)

    def drop(self, over: NDArray[np.bool_]) -> None:
        """Forget the sentences that are over."""
        kept = ~over
        self.parents = self.parents.reshape(len(kept), -1)[kept].reshape(-1)
        for name in ("sentence", "limits", "tokens", "log_probs", "done_tokens", "done_scores", "done_flags"):
            setattr(self, name, getattr(self, name)[kept])

    def hypotheses(self, row: int, length: int) -> list[Hypothesis]:
        """Return the row's finished hypotheses, best first, or its living ones where none has finished."""
        if self.done_flags[row].any():
            done = zip(self.done_tokens[row], self.done_scores[row], self.done_flags[row], strict=True)
            return [Hypothesis(_cut(tokens), float(score), finished=True) for tokens, score, flag in done if flag]
        scores = self.log_probs[row] / self.options.normaliser(length)
        return [Hypothesis(_cut(tokens), float(score), finished=False) for tokens, score in zip(self.tokens[row], scores, strict=True)]


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
    position = 0
    while True:
        over = beams.over(position)
        for row in np.flatnonzero(over):
            results[beams.sentence[row]] = beams.hypotheses(int(row), position)
        if over.any():
            beams.drop(over)
        if not len(beams.sentence):
            return results
        last = beams.tokens[:, :, -1] if position else np.zeros((len(beams.sentence), options.beam), np.int64)
        scores, continuations = step(beams.parents, last, beams.log_probs, position)
        beams.advance(scores, continuations, position)
        position += 1


def _best(scores: Floats, count: int) -> Ints:
    """Return the indices of the `count` highest scores of each row, descending; the lower index wins a tie."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def _cut(tokens: Ints) -> tuple[int, ...]:
    ends = np.flatnonzero(tokens == END)
    return tuple(tokens[: ends[0]].tolist() if len(ends) else tokens.tolist())
