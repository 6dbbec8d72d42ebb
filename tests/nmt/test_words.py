from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.words import open_segmenter, parts_words

SEGMENTER = open_segmenter()


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("外汇率先开放", 1, False),
        ("外汇率先开放", 2, True),
        ("外汇率先开放", 3, False),
        ("人民币汇率上升", 3, True),
        ("由李明哲主持", 1, True),
        ("由李明哲主持", 4, True),
        ("数据库", 2, False),
    ],
)
def test_a_place_inside_a_word_is_told_from_one_between_words(text: str, place: int, expected: bool) -> None:
    assert parts_words(text, place) is expected


@given(st.text(alphabet="外汇率先开放人民币数据库管理，。 a1", max_size=20))
def test_places_between_words_are_those_of_the_whole_text_cut_by_the_dictionary(text: str) -> None:
    ends = set(accumulate(map(len, SEGMENTER.cut(text, HMM=False))))
    for place in range(1, len(text)):
        if min(text[place - 1 : place + 1]) >= "一" and max(text[place - 1 : place + 1]) < "，":
            assert parts_words(text, place) == (place in ends)
