from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.constraints import Tokens, constrained_search
from nmt.search import END, Continued, Floats, Hypothesis, Ints, SearchOptions
from tests.nmt.test_search import VOCABULARY, TableModel, log_probability

WISHES = st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=4).map(tuple)


class WantingModel(TableModel):
    """The table model, telling the scores of tokens that were asked for."""

    def __init__(self, sentences: list[int], beam: int) -> None:
        super().__init__(sentences, beam)
        self.wanted = np.zeros((0, 0, 0), np.int64)
        self.wanted_scores: Floats = np.zeros((0, 0, 0), np.float32)

    def want(self, tokens: Ints) -> None:
        self.wanted = tokens

    def __call__(self, continued: Continued) -> tuple[Floats, Ints]:
        found = super().__call__(continued)
        scores = [
            [[log_probability(*hypothesis, token) for token in tokens] for hypothesis, tokens in zip(row, wanted, strict=True)]
            for row, wanted in zip(self.rows, self.wanted.tolist(), strict=True)
        ]
        self.wanted_scores = np.array(scores, np.float32) + continued.log_probs[:, :, None]
        return found


def search(sentences: list[int], wishes: list[Tokens], beam: int = 8) -> list[list[Hypothesis]]:
    return constrained_search(WantingModel(sentences, beam), wishes, [16] * len(sentences), SearchOptions(beam, 0.6, VOCABULARY))


@settings(deadline=None)
@given(st.integers(0, 20), WISHES)
def test_every_hypothesis_says_all_it_has_to_say(sentence: int, wish: Tokens) -> None:
    (hypotheses,) = search([sentence], [wish])
    for hypothesis in hypotheses:
        assert hypothesis.finished
        assert END not in hypothesis.tokens
        assert Counter(wish) <= Counter(hypothesis.tokens)
        assert len(hypothesis.token_scores) == len(hypothesis.tokens) + 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), WISHES), min_size=1, max_size=5))
def test_other_sentences_never_change_a_constrained_one(cases: list[tuple[int, Tokens]]) -> None:
    together = search([sentence for sentence, _ in cases], [wish for _, wish in cases])
    assert together == [search([sentence], [wish])[0] for sentence, wish in cases]


def test_a_wish_that_does_not_fit_is_not_granted() -> None:
    assert search([1], [(1, 2) * 10]) == [[]]


def test_most_wishes_are_granted() -> None:
    granted = [bool(search([sentence], [(1, 2, 3, 1)])[0]) for sentence in range(10)]
    assert sum(granted) >= 8


def test_a_reserved_token_is_said_only_as_often_as_it_is_wished_for() -> None:
    for sentence in range(10):
        for wish in ((2,), (2, 2)):
            model = WantingModel([sentence], 8)
            (hypotheses,) = constrained_search(model, [wish], [16], SearchOptions(8, 0.6, VOCABULARY), frozenset({2, 3}))
            assert all(item.tokens.count(2) == len(wish) and 3 not in item.tokens for item in hypotheses)
