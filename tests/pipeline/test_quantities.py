import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.quantities import lost, written_out


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1,286万元", ["12.86 million"]),
        ("1.5万人", ["15,000"]),
        ("5千万", ["50 million"]),
        ("1.2万亿元", ["1.2 trillion"]),
        ("12345.678万", ["123,456,780"]),
        ("2026年11月21日", ["November 21, 2026"]),
        ("2026 年 1 月", ["January 2026"]),
        ("5月1号和6月2日", ["May 1", "June 2"]),
        ("3-5月，3万至5万，10万多，3月，13月5日", []),
        ("0.00001万", []),
    ],
)
def test_dates_and_great_numbers_are_written_as_english_writes_them(source: str, expected: list[str]) -> None:
    assert [item.targets[0] for item in written_out(source)] == expected


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("1,286万元", "12.86 million yuan"),
        ("1,286万元", "12,860,000 yuan"),
        ("1850多万元", "more than 18.5 million"),
        ("20亿人", "two billion people"),
        ("70公里", "seventy kilometres"),
        ("160 千米", "160 km"),
        ("2026年11月21日", "21 Nov. 2026"),
        ("90年代", "the 1990s"),
        ("20世纪70年代", "in the 1970s"),
        ("下午3点", "at 15:00"),
        ("第3名", "third place"),
        ("１２３个", "123 of them"),
        ("1个人，2次", "somebody, twice"),
        ("约2.9亿", "about 290m"),
    ],
)
def test_a_number_that_english_writes_otherwise_is_not_lost(source: str, target: str) -> None:
    assert lost(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("1,286万元", "1,286 million yuan", ["1,286万"]),
        ("20亿人", "20 billion people", ["20亿"]),
        ("2026年11月21日", "October 21, 2026", ["11月"]),
        ("5人和77人", "5 people", ["77"]),
        ("20世纪", "in 2020", ["20世纪"]),
    ],
)
def test_a_number_of_another_value_is_lost(source: str, target: str, expected: list[str]) -> None:
    assert lost(source, target) == expected


@given(st.integers(3, 10**9), st.sampled_from(["", "万", "亿", "千万"]))
def test_a_number_is_never_lost_in_what_it_is_written_out_as(number: int, magnitude: str) -> None:
    source = f"共{number}{magnitude}元"
    for item in written_out(source):
        assert lost(source, f"{item.targets[0]} yuan") == []


def test_endless_digits_of_a_translation_are_no_year() -> None:
    assert lost("90年代", "the " + "190" * 40) == ["90年"]
