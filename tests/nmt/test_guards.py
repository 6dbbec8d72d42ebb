import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.guards import repeats


@pytest.mark.parametrize("period", range(1, 9))
def test_a_phrase_that_goes_round_in_circles_is_seen(period: int) -> None:
    phrase = list(range(100, 100 + period))
    times = 9 if period == 1 else 4
    assert repeats([1, 2, *phrase * times, 3])
    assert not repeats([1, 2, *phrase * (times - 1), 3])


def test_a_large_number_is_not_repetition() -> None:
    assert not repeats([7, *[3] * 8, 5])


@given(st.lists(st.integers(), unique=True))
def test_tokens_that_all_differ_never_repeat(tokens: list[int]) -> None:
    assert not repeats(tokens)
