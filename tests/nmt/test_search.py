import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.search import END, Continued, Floats, Hypothesis, Ints, SearchOptions, beam_search, filled_order

VOCABULARY = 5


def log_probability(sentence: int, prefix: tuple[int, ...], token: int) -> float:
    """Return log p(token | prefix) of a small made-up model."""
    weights = [1.0 + ((sentence + 1) * 7 + sum(prefix) * 3 + len(prefix) * 5 + option * 11) % 13 for option in range(VOCABULARY)]
    return math.log(weights[token] / sum(weights))


class TableModel:
    """A step function over `log_probability`, for the sentences given."""

    def __init__(self, sentences: list[int], beam: int) -> None:
        self.beam = beam
        self.rows: list[list[tuple[int, tuple[int, ...]]]] = [[(sentence, ())] * beam for sentence in sentences]
        self.calls: list[int] = []

    def __call__(self, continued: Continued) -> tuple[Floats, Ints]:
        started = len(self.calls) > 0
        grown = []
        for row, parents, tokens in zip(continued.kept, continued.parents, continued.tokens.tolist(), strict=True):
            origins = [self.rows[row][parent] for parent in parents]
            grown.append([(s, (*prefix, token) if started else ()) for (s, prefix), token in zip(origins, tokens, strict=True)])
        self.rows = grown
        self.calls.append(len(grown))
        scores = [[log_probability(s, prefix, token) for token in range(VOCABULARY)] for row in grown for s, prefix in row]
        joint = (np.array(scores, np.float32) + continued.log_probs.reshape(-1, 1)).reshape(len(grown), -1)
        order = np.argsort(-joint, axis=1, kind="stable")[:, : 2 * self.beam]
        return np.take_along_axis(joint, order, 1), order


def search(sentences: list[int], beam: int = 4, limit: int = 6, penalty: float = 0.6) -> tuple[list[list[Hypothesis]], TableModel]:
    model = TableModel(sentences, beam)
    return beam_search(model, [limit] * len(sentences), SearchOptions(beam, penalty, VOCABULARY)), model


def exhaustive_best(sentence: int, limit: int, penalty: float) -> tuple[float, tuple[int, ...]]:
    best: tuple[float, tuple[int, ...]] = (-math.inf, ())
    for length in range(limit):
        for tokens in itertools.product(range(1, VOCABULARY), repeat=length):
            whole = (*tokens, END)
            total = sum(log_probability(sentence, whole[:place], token) for place, token in enumerate(whole))
            best = max(best, (total / ((5 + len(whole)) / 6) ** penalty, tokens))
    return best


@pytest.mark.parametrize("sentence", range(6))
def test_a_wide_beam_finds_the_best_of_all_translations(sentence: int) -> None:
    (hypotheses,), _ = search([sentence], beam=64, limit=4)
    score, tokens = exhaustive_best(sentence, 4, 0.6)
    assert hypotheses[0].tokens == tokens
    assert hypotheses[0].score == pytest.approx(score, abs=1e-5)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.integers(1, 5))
def test_other_sentences_never_change_a_sentence(sentences: list[int], beam: int) -> None:
    together, _ = search(sentences, beam)
    alone = [search([sentence], beam)[0][0] for sentence in sentences]
    assert together == alone


def test_a_sentence_that_is_over_leaves_the_batch() -> None:
    _, model = search(list(range(12)))
    assert model.calls[0] == 12
    assert model.calls == sorted(model.calls, reverse=True)
    assert model.calls[-1] < 12


def test_hypotheses_come_best_first_and_without_the_end_of_sentence() -> None:
    results, _ = search(list(range(8)))
    for hypotheses in results:
        scores = [item.score for item in hypotheses]
        assert scores == sorted(scores, reverse=True)
        assert all(END not in item.tokens for item in hypotheses)


def test_a_sentence_cut_off_at_its_limit_is_not_finished() -> None:
    def never_ends(continued: Continued) -> tuple[Floats, Ints]:
        rows, beam = continued.tokens.shape
        scores = np.sort(np.linspace(-9, -1, 2 * beam, dtype=np.float32))[::-1]
        return np.tile(scores, (rows, 1)), np.tile(np.arange(1, 2 * beam + 1), (rows, 1))

    (hypotheses,) = beam_search(never_ends, [3], SearchOptions(2, 0.6, 10))
    assert [len(item.tokens) for item in hypotheses] == [3, 3]
    assert not any(item.finished for item in hypotheses)


def test_the_limits_of_sentences_may_differ() -> None:
    def never_ends(continued: Continued) -> tuple[Floats, Ints]:
        return np.tile(np.array([-1, -2], np.float32), (len(continued.tokens), 1)), np.tile([1, 2], (len(continued.tokens), 1))

    results = beam_search(never_ends, [2, 5, 1], SearchOptions(1, 0.6, 10))
    assert [len(hypotheses[0].tokens) for hypotheses in results] == [2, 5, 1]


def test_the_first_of_equal_candidates_wins() -> None:
    def ties(continued: Continued) -> tuple[Floats, Ints]:
        return np.full((len(continued.tokens), 4), -1.0, np.float32), np.tile([3, 4, 13, 14], (len(continued.tokens), 1))

    (hypotheses,) = beam_search(ties, [1], SearchOptions(2, 0.6, 10))
    assert [item.tokens for item in hypotheses] == [(3,), (4,)]


def test_greedy_is_a_beam_of_one() -> None:
    (hypotheses,), _ = search([3], beam=1, limit=50)
    prefix: tuple[int, ...] = ()
    while len(prefix) < 50:
        token = max(range(VOCABULARY), key=lambda option: log_probability(3, prefix, option))
        if token == END:
            break
        prefix = (*prefix, token)
    assert hypotheses[0].tokens == prefix


def test_no_sentences_need_no_step() -> None:
    assert search([])[0] == []


def test_token_scores_add_up_to_the_hypothesis() -> None:
    results, _ = search(list(range(8)))
    for hypothesis in (item for hypotheses in results for item in hypotheses):
        length = len(hypothesis.tokens) + hypothesis.finished
        assert len(hypothesis.token_scores) == length
        assert sum(hypothesis.token_scores) / ((5 + length) / 6) ** 0.6 == pytest.approx(hypothesis.score, abs=1e-4)


@given(st.lists(st.booleans(), max_size=12))
def test_few_rows_change_their_place_when_some_go(gone: list[bool]) -> None:
    order = filled_order(np.array(gone, bool)).tolist()
    assert sorted(order) == [row for row, over in enumerate(gone) if not over]
    assert all(row == place or gone[place] for place, row in enumerate(order))
