from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import Link, Translation
from pipeline.placeholders import LIMIT, ProtectingEngine, missing, protect, restore


@pytest.mark.parametrize(
    ("source", "values"),
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
        ("1,286万元，20亿元，10月，300 万", ()),
        ("已有⟦1⟧的2023年", ()),
    ],
)
def test_what_must_not_change_is_found(source: str, values: tuple[str, ...]) -> None:
    protected = protect(source)
    assert protected.values == values
    assert restore(protected.text, values) == source or "⟦" in source


@given(st.text(alphabet="公司 2023,.%:/-_Aa@万月。http", max_size=80))
def test_protecting_and_restoring_gives_the_text_back(source: str) -> None:
    protected = protect(source)
    assert restore(protected.text, protected.values) == source
    assert len(protected.values) <= LIMIT


@pytest.mark.parametrize("target", ["no placeholder", "⟦1⟧ and ⟦1⟧", "⟦1⟧", "⟦1⟧ ⟦2⟧ ⟦3⟧"])
def test_a_target_that_lost_doubled_or_made_up_a_placeholder_is_not_restored(target: str) -> None:
    assert restore(target, ("10", "20")) is None


def test_texts_come_back_in_the_order_of_the_target() -> None:
    assert restore("in ⟦2⟧ of ⟦1⟧", ("2023", "10.5%")) == "in 10.5% of 2023"


def test_no_blank_stays_between_a_text_and_the_sign_behind_it() -> None:
    assert restore("in ⟦1⟧ , ⟦2⟧ (⟦3⟧ ) .", ("2023", "10.5", "7")) == "in 2023, 10.5 (7) ."


def test_a_text_that_is_missing_is_named() -> None:
    assert missing("10 and 10", ("10", "10", "20")) == ["20"]
    assert missing("10", ("10", "10")) == ["10"]


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


def test_the_signature_tells_that_placeholders_were_used() -> None:
    assert ProtectingEngine(Copier()).signature != Copier.signature
