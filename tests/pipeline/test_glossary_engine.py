import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import Link, Translation
from models.terms import GlossaryMode, GlossaryOptions, Term
from pipeline.glossary import Glossary
from pipeline.glossary_engine import GlossaryEngine
from pipeline.placeholders import ProtectingEngine

RATE, BANK = Term("汇率", "exchange rate"), Term("银行", "bank")


class Spelling:
    """Translates every Chinese character to `hanNNNN`, copies the rest, and loses the placeholders that it is told to."""

    signature = "spelling"

    def __init__(self, loses: str = "", *, aligns: bool = True) -> None:
        self.loses, self.aligns = loses, aligns
        self.seen: list[str] = []

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        self.seen += sources
        return [Translation(source, self._target(source), -1.0, 3) for source in sources]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        return [self._links(*pair) if self.aligns else [] for pair in pairs]

    def _target(self, source: str) -> str:
        if self.loses and re.search(self.loses, source):
            source = re.sub("⟦.⟧", "", source)
        words = re.findall(r"⟦.⟧|[一-鿿]|[^一-鿿⟦⟧]+|[⟦⟧]", source)
        return (
            " ".join(self.word(word) if "一" <= word[0] <= "鿿" else word.strip() for word in words).replace("，", ",").replace("。", ".")
        )

    @staticmethod
    def word(character: str) -> str:
        return f"han{ord(character)}"

    def _links(self, source: str, target: str) -> list[Link]:
        found = [(place, re.search(rf"\b{self.word(character)}\b", target)) for place, character in enumerate(source)]
        return [Link(place, place + 1, match.start(), match.end(), 0.9) for place, match in found if match]


def engine(inner: Spelling, *terms: Term, mode: GlossaryMode = "enforce", protected: bool = True) -> GlossaryEngine:
    return GlossaryEngine(ProtectingEngine(inner) if protected else inner, Glossary(terms, GlossaryOptions(mode)))


def outcomes(result: Translation) -> list[tuple[str, str]]:
    return [(verdict.outcome, verdict.reason) for verdict in result.verdicts]


def test_terms_go_through_the_model_as_placeholders() -> None:
    inner = Spelling()
    (result,) = engine(inner, RATE).translate(["汇率升2023年"])
    assert inner.seen == ["⟦1⟧升⟦2⟧年"]
    assert result.target.startswith("Exchange rate han")
    assert (outcomes(result), result.warnings, result.source) == ([("injected", "placeholder")], (), "汇率升2023年")


def test_a_term_whose_placeholder_is_lost_takes_the_place_of_its_words() -> None:
    (result,) = engine(Spelling("升"), RATE).translate(["升汇率"])
    assert result.target == f"{Spelling.word('升')} exchange rate"
    assert outcomes(result) == [("injected", "replacement")]


def test_without_alignments_the_sentence_is_translated_clause_by_clause() -> None:
    (result,) = engine(Spelling("升.*降", aligns=False), RATE, BANK).translate(["汇率都上升，银行都下降。"])
    assert "xchange rate" in result.target
    assert "Bank" in result.target or "bank" in result.target
    assert outcomes(result) == [("injected", "parts")] * 2
    assert result.warnings == ("divided",)


def test_a_term_that_no_part_keeps_is_put_between_its_neighbours() -> None:
    (result,) = engine(Spelling("[升降]", aligns=False), RATE, BANK).translate(["升汇率降，银行。"])
    assert result.target == f"{Spelling.word('升')} exchange rate {Spelling.word('降')} , bank ."
    assert outcomes(result) == [("injected", "parts")] * 2
    assert result.warnings == ("divided",)


def test_an_engine_that_takes_no_constraints_has_its_translation_replaced() -> None:
    (result,) = engine(Spelling(), RATE, protected=False).translate(["升汇率"])
    assert outcomes(result) == [("injected", "replacement")]


def test_prefer_neither_replaces_nor_warns() -> None:
    (result,) = engine(Spelling("升"), RATE, mode="prefer").translate(["升汇率"])
    assert (outcomes(result)[0][0], result.warnings) == ("violated", ())
    assert result.target == Spelling("升").translate(["升汇率"])[0].target


def test_report_changes_nothing_and_says_what_is_violated() -> None:
    (result,) = engine(Spelling(), RATE, mode="report").translate(["升汇率"])
    assert result.target == Spelling().translate(["升汇率"])[0].target
    assert (outcomes(result)[0][0], result.warnings) == ("violated", ())


def test_a_segment_that_is_one_term_needs_no_model() -> None:
    inner = Spelling()
    results = engine(inner, RATE, Term("npm", "npm", keep=True)).translate(["汇率", " npm"])
    assert [(result.target, outcomes(result)) for result in results] == [
        ("Exchange rate", [("injected", "whole segment")]),
        ("npm", [("injected", "whole segment")]),
    ]
    assert inner.seen == []


def test_a_segment_without_terms_is_translated_as_without_a_glossary() -> None:
    (result,) = engine(Spelling(), RATE).translate(["天气2023"])
    assert result == ProtectingEngine(Spelling()).translate(["天气2023"])[0]


def test_a_forbidden_target_that_comes_out_warns() -> None:
    forbidden = Term("升", Spelling.word("升"), forbidden=True)
    (result,) = engine(Spelling(), forbidden).translate(["升了"])
    assert (outcomes(result)[0][0], result.warnings) == ("violated", ("glossary",))


def test_alignments_of_terms_are_exact_and_the_rest_is_the_engines() -> None:
    source, target = "升汇率", f"{Spelling.word('升')} exchange rate"
    (links,) = engine(Spelling(), RATE).align([(source, target)])
    assert links == [Link(0, 1, 0, len(Spelling.word("升")), 0.9), Link(1, 3, target.index("exchange"), len(target), 1.0)]


ODD = ["a.*b(", '"quoted"', "C++", "x\\1y", "⟦1⟧", "the bank", "naïve café", "$100", "汇率", "'s"]


@pytest.mark.parametrize("target", ODD)
@pytest.mark.parametrize("source", ["术语", "⟦1⟧号", "a+b", "“引号”", "(x)"])
def test_odd_terms_come_out_as_they_are(source: str, target: str) -> None:
    (result,) = engine(Spelling(), Term(source, target)).translate([f"今天 {source} 好"])
    assert target in result.target or outcomes(result)[0][0] == "violated"
    if "⟦" not in source:
        assert target in result.target


def test_ten_terms_in_a_sentence_all_come_out() -> None:
    sources = ["甲午", "乙未", "丙申", "丁酉", "戊戌", "己亥", "庚子", "辛丑", "壬寅", "癸卯"]
    terms = [Term(source, f"term{number}") for number, source in enumerate(sources)]
    (result,) = engine(Spelling(), *terms).translate(["，".join(sources) + "。"])
    assert [verdict.outcome for verdict in result.verdicts] == ["injected"] * 10
    assert all(term.target in result.target.lower() for term in terms)


@given(
    st.dictionaries(st.text("甲乙丙丁ab1", min_size=1, max_size=4), st.sampled_from(["alpha", "beta one", *ODD]), min_size=1, max_size=5),
    st.lists(st.text("甲乙丙丁ab1，。⟦⟧", max_size=25), min_size=1, max_size=4),
    st.sampled_from(["", "甲", "a"]),
)
def test_any_terms_give_a_verdict_each_and_no_sentence_depends_on_another(pairs: dict[str, str], sources: list[str], loses: str) -> None:
    terms = [Term(source, target) for source, target in pairs.items()]
    together = engine(Spelling(loses), *terms).translate(sources)
    for source, result in zip(sources, together, strict=True):
        assert engine(Spelling(loses), *terms).translate([source]) == [result]
        matches = Glossary(terms).match(source)
        assert [verdict.source for verdict in result.verdicts] == [match.source for match in matches]
        for verdict in result.verdicts:
            if verdict.outcome in {"injected", "satisfied"}:
                assert verdict.target.lower() in result.target.lower()
        assert ("glossary" in result.warnings) == any(verdict.outcome == "violated" for verdict in result.verdicts)
