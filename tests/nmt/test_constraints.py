import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.constraints import Wishes, constrained_search
from nmt.search import END, Continued, Floats, Hypothesis, Ints, SearchOptions
from tests.nmt.test_search import VOCABULARY, TableModel, log_probability

PHRASES = st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=3).map(tuple)


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


def search(sentences: list[int], wishes: list[Wishes], beam: int = 8) -> list[list[Hypothesis]]:
    return constrained_search(WantingModel(sentences, beam), wishes, [16] * len(sentences), SearchOptions(beam, 0.6, VOCABULARY))


def says(tokens: tuple[int, ...], phrase: tuple[int, ...]) -> bool:
    return any(tokens[place : place + len(phrase)] == phrase for place in range(len(tokens)))


@settings(deadline=None)
@given(st.integers(0, 20), st.lists(st.lists(PHRASES, min_size=1, max_size=2), min_size=1, max_size=3))
def test_every_hypothesis_says_one_phrase_of_each_wish(sentence: int, wishes: list[list[tuple[int, ...]]]) -> None:
    (hypotheses,) = search([sentence], [wishes])
    for hypothesis in hypotheses:
        assert hypothesis.finished
        assert END not in hypothesis.tokens
        assert all(any(says(hypothesis.tokens, phrase) for phrase in phrases) for phrases in wishes)
        assert len(hypothesis.token_scores) == len(hypothesis.tokens) + 1


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), PHRASES), min_size=1, max_size=5))
def test_other_sentences_never_change_a_constrained_one(cases: list[tuple[int, tuple[int, ...]]]) -> None:
    together = search([sentence for sentence, _ in cases], [[[phrase]] for _, phrase in cases])
    assert together == [search([sentence], [[[phrase]]])[0] for sentence, phrase in cases]


def test_a_wish_that_does_not_fit_is_not_granted() -> None:
    assert search([1], [[[tuple([1, 2] * 10)]]]) == [[]]


def test_wishes_are_granted_in_any_order() -> None:
    granted = [bool(search([sentence], [[[(1, 2)], [(3,)]]])[0]) for sentence in range(10)]
    assert sum(granted) >= 8


def test_a_reserved_token_is_said_only_where_it_is_wished_for() -> None:
    for sentence in range(10):
        model = WantingModel([sentence], 8)
        (hypotheses,) = constrained_search(model, [[[(2,)]]], [16], SearchOptions(8, 0.6, VOCABULARY), frozenset({2, 3}))
        assert all(hypothesis.tokens.count(2) == 1 and 3 not in hypothesis.tokens for hypothesis in hypotheses)
