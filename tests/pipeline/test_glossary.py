from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terms import GlossaryOptions, Term
from pipeline.glossary import Glossary


def glossary(*sources: str) -> Glossary:
    return Glossary([Term(source, source.upper()) for source in sources])


def found(terms: Glossary, text: str) -> list[str]:
    return [text[match.start : match.end] for match in terms.match(text)]


@pytest.mark.parametrize(
    ("sources", "text", "expected"),
    [
        (["汇率"], "人民币汇率上升，汇率。", ["汇率", "汇率"]),
        (["汇率"], "外汇率先开放", []),
        (["汇率", "汇率风险"], "汇率风险和汇率", ["汇率风险", "汇率"]),
        (["机器学习", "学习方法"], "机器学习方法", ["机器学习"]),
        (["api"], "用API调用，不用APIs或my_api", ["API"]),
        (["IP地址"], "服务器的IP地址是", ["IP地址"]),
        (["5G"], "5G网络和15G内存", ["5G"]),
        (["a.b*"], "aab和a.b*", ["a.b*"]),
        (['"引号"'], '他说"引号"。', ['"引号"']),
        (["很长很长的术语"], "短", []),
        (["整段"], "整段", ["整段"]),
        (["⟦1⟧号"], "第⟦1⟧号", ["⟦1⟧号"]),
    ],
)
def test_terms_are_found_whole_and_the_longest_first(sources: Sequence[str], text: str, expected: list[str]) -> None:
    assert found(glossary(*sources), text) == expected


def test_of_equally_long_terms_that_overlap_the_one_of_higher_priority_holds() -> None:
    terms = Glossary([Term("a b", "1"), Term("b c", "2", priority=1)])
    assert found(terms, "a b c") == ["b c"]


def test_of_terms_with_one_source_the_first_of_the_highest_priority_holds() -> None:
    terms = Glossary([Term("云", "fog"), Term("云", "cloud", priority=2), Term("云", "haze", priority=2)])
    assert [match.wanted and match.wanted.target for match in terms.match("云")] == ["cloud"]


def test_a_term_whose_case_matters_is_found_in_its_case_only_and_goes_first_there() -> None:
    terms = Glossary([Term("us", "we"), Term("US", "United States", match_case=True), Term("It", "X", match_case=True)])
    assert [(match.source, match.wanted and match.wanted.target) for match in terms.match("US us it")] == [
        ("US", "United States"),
        ("us", "we"),
    ]


def test_what_is_forbidden_comes_with_what_is_wanted() -> None:
    forbidden = Term("云", "fog", forbidden=True)
    (match,) = Glossary([forbidden, Term("云", "cloud")]).match("云")
    assert (match.wanted, match.banned) == (Term("云", "cloud"), (forbidden,))
    (match,) = Glossary([forbidden]).match("云")
    assert (match.wanted, match.banned) == (None, (forbidden,))


def test_width_and_script_are_folded_on_request() -> None:
    terms = [Term("API软件", "x")]
    assert Glossary(terms).match("ＡＰＩ軟件")
    assert not Glossary(terms, GlossaryOptions(fold_width=False)).match("ＡＰＩ软件")
    assert not Glossary(terms, GlossaryOptions(fold_script=False)).match("API軟件")


@given(st.text(max_size=60))
def test_folding_keeps_the_length_of_any_text(text: str) -> None:
    assert len(glossary("x").folded(text)) == len(text)


@given(
    st.lists(st.text(alphabet="外汇率先开放aB1 .", min_size=1, max_size=4), min_size=1, max_size=8),
    st.text(alphabet="外汇率先开放aB1 .", max_size=30),
)
def test_matches_lie_in_order_without_overlap_and_read_as_their_terms(sources: list[str], text: str) -> None:
    terms = glossary(*sources)
    matches = terms.match(text)
    assert all(before.end <= behind.start for before, behind in pairwise(matches))
    for match in matches:
        assert match.source == text[match.start : match.end]
        assert match.wanted is not None
        assert terms.folded(match.wanted.source) == terms.folded(match.source)


def test_the_digest_tells_terms_that_match_and_the_mode() -> None:
    terms = [Term("汇率", "exchange rate"), Term("利率", "interest rate")]
    both, one = Glossary(terms), Glossary(terms[:1])
    assert both.digest("汇率上升") == one.digest("汇率上升") != ""
    assert both.digest("天气") == ""
    others = [
        Glossary(terms, GlossaryOptions("report")),
        Glossary([Term("汇率", "rate")]),
        Glossary([Term("汇率", "exchange rate", ("rate",))]),
    ]
    assert len({both.digest("汇率上升"), both.digest("汇率和利率"), *(other.digest("汇率上升") for other in others)}) == 5


def test_a_glossary_without_terms_matches_nothing() -> None:
    assert Glossary([]).match("汇率") == ()
