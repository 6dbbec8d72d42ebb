from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import Link, Translation
from models.terms import Constraint
from pipeline.placeholders import LIMIT, Protected, ProtectingEngine, missing, protect


def restored(protected: Protected, target: str) -> str | None:
    result = protected.restored(Translation(protected.text, target, 0.0, 1), "source")
    return None if result is None else result.target


def values(protected: Protected) -> tuple[str, ...]:
    return tuple(filler.targets[0] for filler in protected.fillers)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("请访问https://example.com/a?b=1。", ("https://example.com/a?b=1",)),
        ("发邮件到 li.ming@example.com.cn，谢谢", ("li.ming@example.com.cn",)),
        ("公司2023年收入增长15.3%。", ("2023", "15.3%")),
        ("共1,286人，会议9:30开始", ("1,286", "9:30")),
        ("打开/etc/app_config.yaml文件", ("etc/app_config.yaml",)),
        ("型号为X1-200和H2", ("X1-200", "H2")),
        ("于2026-05-12发布v3.12版", ("2026-05-12", "v3.12")),
        ("用Python编写", ()),
        ("共3人", ()),
        ("1,286万元，20亿元，10月，300 万", ("12.86 million", "2 billion", "3 million")),
        ("2026年11月21日，X1-200", ("November 21, 2026", "X1-200")),
        ("已有⟦1⟧的2023年", ()),
    ],
)
def test_what_must_not_change_is_found(source: str, expected: tuple[str, ...]) -> None:
    assert values(protect(source)) == expected


@given(st.text(alphabet="公司 2023,.%:/-_Aa@万月日。http", max_size=80))
def test_what_stands_between_placeholders_is_the_source(source: str) -> None:
    protected = protect(source)
    assert len(protected.fillers) <= LIMIT
    text, end = "", 0
    for number, filler in enumerate(protected.fillers, 1):
        text += f"{source[end : filler.start]}⟦{number}⟧"
        end = filler.end
    assert protected.text == text + source[end:]


def test_terms_and_numbers_share_the_numbering() -> None:
    term = Constraint(6, 8, ("exchange rate",))
    protected = protect("2023年的汇率是6.83", [term])
    assert protected.text == "⟦1⟧年的⟦2⟧是⟦3⟧"
    assert values(protected) == ("2023", "exchange rate", "6.83")
    assert protect("2023年的汇率是6.83", [term], numbers=False).text == "2023年的⟦1⟧是6.83"


def test_a_number_inside_a_term_is_the_terms() -> None:
    assert values(protect("用X1-200型", [Constraint(1, 8, ("model X",))])) == ("model X",)


def test_more_terms_than_there_are_placeholders_are_not_put_in() -> None:
    terms = [Constraint(place, place + 1, ("x",)) for place in range(LIMIT + 1)]
    assert protect("术" * len(terms), terms) == Protected("术" * len(terms), ())
    assert len(protect("术" * len(terms), terms[:LIMIT]).fillers) == LIMIT


@pytest.mark.parametrize("target", ["no placeholder", "⟦1⟧ and ⟦1⟧", "⟦1⟧", "⟦1⟧ ⟦2⟧ ⟦3⟧"])
def test_a_target_that_lost_doubled_or_made_up_a_placeholder_is_not_restored(target: str) -> None:
    assert restored(protect("10和20"), target) is None


def test_a_term_may_be_named_again_but_not_forgotten() -> None:
    protected = protect("2023年的汇率", [Constraint(6, 8, ("exchange rate",))])
    assert restored(protected, "a ⟦2⟧ of ⟦1⟧ is a ⟦2⟧") == "an exchange rate of 2023 is an exchange rate"
    assert restored(protected, "⟦1⟧ ⟦1⟧ ⟦2⟧") is None
    assert restored(protected, "⟦1⟧") is None


def test_texts_come_back_in_the_order_of_the_target() -> None:
    assert restored(protect("2023年10.5%"), "in ⟦2⟧ of ⟦1⟧") == "in 10.5% of 2023"


def test_no_blank_stays_between_a_text_and_the_sign_behind_it() -> None:
    assert restored(protect("2023，10.5，77"), "in ⟦1⟧ , ⟦2⟧ (⟦3⟧ ) .") == "in 2023, 10.5 (77) ."


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("10和20", "10 and 10", ["20"]),
        ("型号X1-200，X1-200", "X1-200", ["X1-200"]),
        ("型号4x200米", "4 x 200 m", []),
        ("见https://a.example/b", "see https://a.example/c", ["https://a.example/b"]),
    ],
)
def test_what_is_missing_is_named(source: str, target: str, expected: list[str]) -> None:
    assert missing(source, target) == expected


class Copier:
    """Copies placeholders of sources with `copy`, loses them otherwise; without placeholders it returns the source in capitals."""

    signature = "copier"

    def __init__(self) -> None:
        self.seen: list[list[str]] = []

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        return [[] for _ in pairs]

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        self.seen.append(list(sources))
        return [Translation(text, self._target(text), -1.0, 3) for text in sources]

    @staticmethod
    def _target(text: str) -> str:
        if "⟦" not in text:
            return "about 2023" if "year" in text else "about something"
        return text.upper() if "copy" in text else "LOST"


def test_a_sentence_whose_placeholders_survive_gets_its_texts_back() -> None:
    engine = Copier()
    (result,) = ProtectingEngine(engine).translate(["copy 2023"])
    assert result == Translation("copy 2023", "COPY 2023", -1.0, 3)
    assert engine.seen == [["copy ⟦1⟧"]]


def test_a_sentence_that_loses_them_is_translated_again_as_it_is() -> None:
    engine = Copier()
    results = ProtectingEngine(engine).translate(["year 2023", "nothing", "other 2024"])
    assert [item.target for item in results] == ["about 2023", "about something", "about something"]
    assert [item.warnings for item in results] == [(), (), ("lost-text",)]
    assert engine.seen == [["year ⟦1⟧", "nothing", "other ⟦1⟧"], ["year 2023", "other 2024"]]


def test_a_translation_that_lost_a_number_without_placeholder_is_flagged() -> None:
    (result,) = ProtectingEngine(Copier()).translate(["4天"])
    assert (result.target, result.warnings) == ("about something", ("lost-text",))


def test_given_terms_come_back_or_the_sentence_is_given_up_after_a_try_without_numbers() -> None:
    engine = Copier()
    results = ProtectingEngine(engine).translate_with(
        ["copy 汇率 2023", "汇率 2023"], [[Constraint(5, 7, ("rate",))], [Constraint(0, 2, ("rate",))]]
    )
    assert [result and result.target for result in results] == ["COPY rate 2023", None]
    assert engine.seen == [["copy ⟦1⟧ ⟦2⟧", "⟦1⟧ ⟦2⟧"], ["⟦1⟧ 2023"]]


def test_the_signature_tells_that_placeholders_were_used() -> None:
    assert ProtectingEngine(Copier()).signature != Copier.signature
