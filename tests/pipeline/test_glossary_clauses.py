import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terms import Constraint
from pipeline.glossary_clauses import Cut, apart, clauses, single_terms

SOURCE = "汇率都上升，银行和证券都下降。"
TERMS = [Constraint(0, 2, ("rate",)), Constraint(6, 8, ("bank",)), Constraint(9, 11, ("bond",))]


@pytest.mark.parametrize(
    ("cut", "parts"),
    [
        (clauses, ["汇率都上升，", "银行和证券都下降。"]),
        (single_terms, ["汇率都上升，", "银行和", "证券都下降。"]),
        (apart, ["汇率", "都上升，", "银行", "和", "证券", "都下降。"]),
    ],
)
def test_each_cut_goes_further(cut: Cut, parts: list[str]) -> None:
    found = cut(SOURCE, TERMS)
    assert [text for text, _ in found] == parts
    assert [[text[item.start : item.end] for item in constraints] for text, constraints in found if constraints] == [
        [term for term in ("汇率", "银行", "证券") if term in text] for text, constraints in found if constraints
    ]


def test_only_the_first_part_starts_a_sentence() -> None:
    assert [item.is_fixed for _, constraints in clauses(SOURCE, TERMS) for item in constraints] == [False, True, True]


@given(st.text("汇率，。、a ", max_size=30), st.lists(st.integers(1, 5), max_size=5), st.sampled_from([clauses, single_terms, apart]))
def test_parts_give_the_source_again_and_cut_no_constraint(source: str, widths: list[int], cut: Cut) -> None:
    terms, place = [], 0
    for width in widths:
        if place + width <= len(source):
            terms.append(Constraint(place, place + width, ("x",)))
        place += width + 1
    parts = cut(source, terms)
    assert "".join(text for text, _ in parts) == source
    assert sum(len(constraints) for _, constraints in parts) == len(terms)
    assert all(item.end <= len(text) for text, constraints in parts for item in constraints)
