"""Chinese signs among English words, and only there."""

import pytest

from models.document import Block, Span
from parsers.word_typography import english


def typeset(text: str) -> str:
    return english(Block(text, (Span(0, len(text), 0),))).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Revenue（2024）grew", "Revenue (2024) grew"),
        ("Profit，tax、and rent：done。", "Profit, tax, and rent: done."),
        ("at 10：30", "at 10:30"),
        ("See 《Rules》.", "See “Rules”."),
        ("Wait……no——yes", "Wait…no—yes"),
        ("Ａ１％", "A1%"),
        ("A　B", "A B"),
        ("（a）（b）", "(a) (b)"),
    ],
)
def test_signs_become_half_width_with_their_blanks(text: str, expected: str) -> None:
    assert typeset(text) == expected


@pytest.mark.parametrize("text", ["甲，乙", "ABC，甲", "甲（A）", "　　Two blanks of a first line", "（）", "Plain text, (as it is)."])
def test_signs_next_to_chinese_and_first_line_indents_stay(text: str) -> None:
    assert typeset(text) == text


def test_spans_move_with_the_text() -> None:
    block = english(Block("Cost：（a）b", (Span(0, 5, 0), Span(5, 8, 1), Span(8, 9, 2))))
    assert [block.text[span.start : span.end] for span in block.spans] == ["Cost:", " (a) ", "b"]
