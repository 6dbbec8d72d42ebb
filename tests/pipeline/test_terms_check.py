import pytest

from models.terms import Term
from pipeline.terms_check import findings


def found(*terms: Term) -> list[tuple[str, int, int]]:
    return [(finding.kind, finding.first, finding.second) for finding in findings(terms)]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([Term("汇率", "rate"), Term("汇率", "rate")], [("duplicate", 0, 1)]),
        ([Term("汇率", "rate"), Term("匯率", "exchange rate")], [("conflict", 0, 1)]),
        ([Term("汇率", "rate"), Term("汇率", "exchange rate", priority=1)], []),
        ([Term("us", "we"), Term("US", "United States", match_case=True)], []),
        ([Term("云", "cloud", ("fog",)), Term("云", "fog", forbidden=True)], [("conflict", 0, 1)]),
        ([Term("云", "cloud"), Term("云", "fog", forbidden=True)], []),
        ([Term("汇率", "rate"), Term("汇率风险", "risk")], [("nested", 0, 1)]),
        ([Term("机器学习", "ML"), Term("学习方法", "method")], [("overlap", 0, 1)]),
        ([Term("机器学", "x"), Term("学习", "y")], []),
    ],
)
def test_what_meets_is_found(terms: list[Term], expected: list[tuple[str, int, int]]) -> None:
    assert found(*terms) == expected
