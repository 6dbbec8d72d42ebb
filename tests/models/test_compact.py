from hypothesis import given
from hypothesis import strategies as st

from models.compact import (
    codes_from_text,
    codes_to_text,
    links_from_text,
    links_to_text,
    scores_from_text,
    scores_to_text,
    verdicts_from_text,
    verdicts_to_text,
)
from models.segment import Link, Verdict

PLACES = st.integers(0, 5000)
LENGTHS = st.integers(0, 30)


@st.composite
def some_links(draw: st.DrawFn) -> list[Link]:
    places = draw(st.lists(st.tuples(PLACES, LENGTHS, PLACES, LENGTHS, st.integers(0, 1000))))
    return [Link(source, source + width, target, target + height, weight / 1000) for source, width, target, height, weight in places]


@given(some_links())
def test_links_come_back(links: list[Link]) -> None:
    assert links_from_text(links_to_text(links)) == links


@given(st.lists(st.integers(0, 5000)))
def test_scores_come_back_to_the_hundredth(hundredths: list[int]) -> None:
    scores = tuple(-number / 100 for number in hundredths)
    assert scores_from_text(scores_to_text(scores)) == scores


@given(st.lists(st.tuples(st.text(), st.text(), st.sampled_from(["injected", "satisfied", "variant", "violated"]), st.text())))
def test_verdicts_come_back(rows: list[tuple[str, str, str, str]]) -> None:
    verdicts = tuple(Verdict(*row) for row in rows)  # type: ignore[arg-type]
    assert verdicts_from_text(verdicts_to_text(verdicts)) == verdicts


def test_warnings_come_back() -> None:
    assert [codes_from_text(codes_to_text(codes)) for codes in ((), ("a",), ("a", "b"))] == [(), ("a",), ("a", "b")]


def test_a_link_takes_few_bytes() -> None:
    diagonal = [Link(place, place + 2, place * 3, place * 3 + 5, 0.987) for place in range(0, 60, 2)]
    assert len(links_to_text(diagonal)) / len(diagonal) < 13
