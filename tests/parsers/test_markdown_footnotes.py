"""Footnotes of Markdown: labels stay, bodies are text."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from parsers.markdown import MarkdownParser
from tests.parsers.pseudo import slotwise
from tests.parsers.test_markdown import blocks, check_whole_or_refused, slots, texts, write


def shouted(source: str) -> str:
    """Return the file with `T` for each piece of text."""
    told = [slotwise(block, lambda text: text and "T") for block in blocks(source)]
    return MarkdownParser().write(source.encode(), told, "en").decode()


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("系统保存任务。[^1]\n\n[^1]: 数据库。\n", "T[^1]\n\n[^1]: T\n"),
        ("甲[^1]\n\n[^1]: 见 b 乙\n[^2]:乙\n[^注-3]:\t丙\n", "T[^1]\n\n[^1]: T\n[^2]:T\n[^注-3]:\tT\n"),
        ("甲\n[^1]: 乙\n丙\n", "T\n[^1]: T\n"),
        ("[^1]: 甲\n乙\n\n    丙\n    丁\n\n        代码\n\n戊\n", "[^1]: T\n\n    T\n\n        代码\n\nT\n"),
        (
            "[^1]:\n    甲\n\n    - 乙\n    - 丙\n\n    ```\n    代码\n    ```\n",
            "[^1]:\n    T\n\n    - T\n    - T\n\n    ```\n    代码\n    ```\n",
        ),
        ("[^1]: - 甲\n    - 乙\n", "[^1]: - T\n    - T\n"),
        ("[^1]: # 甲\n[^2]: > 乙\n", "[^1]: # T\n[^2]: > T\n"),
        ("- 甲\n  [^1]: 乙\n\n      丙\n- 丁\n[^2]: 戊\n", "- T\n  [^1]: T\n\n      T\n- T\n[^2]: T\n"),
        ("> 甲\n> [^1]: 乙\n>\n>     丙\n", "> T\n> [^1]: T\n>\n>     T\n"),
        ("> 甲\n[^1]: 乙\n", "> T\n[^1]: T\n"),
        ("| 甲[^1] |\n|---|\n| 乙[^2] |\n[^1]: 丙\n", "| T[^1] |\n|---|\n| T[^2] |\n[^1]: T\n"),
        ("[甲]: u\n[^1]: 乙\n\n[甲]\n", "[甲]: u\n[^1]: T\n\n[T][甲]\n"),
        ("[^1]: 甲[^2]\n[^2]: [乙](u)\n", "[^1]: T[^2]\n[^2]: [T](u)\n"),
        ("---\na: 甲\n---\r\n[^1]: 甲\r\n\r\n\t乙\r\n", "---\na: 甲\n---\r\n[^1]: T\r\n\r\n\tT\r\n"),
    ],
)
def test_definition_is_a_block_whose_label_stays(source: str, wanted: str) -> None:
    assert shouted(source) == wanted
    assert MarkdownParser().write(source.encode(), blocks(source), "en") == source.encode()


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("甲[^1]乙。[^没有]", "T[^1]T[^没有]"),
        ("[^1][^2]甲", "[^1][^2]T"),
        ("# 甲[^1]\n乙[^1]\n---\n", "# T[^1]\nT[^1]\n---\n"),
        ("**甲[^1]乙**", "**T[^1]T**"),
        ("[甲[^1]](u)、[乙[^1]][r]\n\n[r]: u\n", "[T[^1]](u)T[T[^1]][r]\n\n[r]: u\n"),
        ("![甲[^1]](u)", "![T[^1]](u)"),
        ("甲！[^1]", "T[^1]"),
        ("甲[^1]  \n乙[^2]", "T[^1]  \nT[^2]"),
        ("`[^1]`甲", "`[^1]` T"),
    ],
)
def test_reference_stays_at_its_place(source: str, wanted: str) -> None:
    assert shouted(source) == wanted


def test_reference_is_an_anchor_and_moves_with_its_word() -> None:
    assert slots("甲[^1]乙") == [["甲", "", "乙"]]
    assert write("甲[^1]乙", [(2, "b"), (1, ""), (0, " a")]) == "b[^1] a"


@pytest.mark.parametrize("source", ["\\[^1]甲", "[^1 2]甲", "[^]甲", "[^1", "[^\n1]"])
def test_what_is_no_label_is_text(source: str) -> None:
    assert slots(source) == [[source.replace("\\", "").replace("\n", " ")]]


def test_label_of_an_address_does_not_start_as_a_footnote() -> None:
    source = "甲[^a b]\n\n[^a b]: 乙\n\n[^]: 丙\n"
    assert texts(source) == ["甲[^a b]", "[^a b]: 乙", "[^]: 丙"]


def test_link_whose_text_looks_like_a_footnote_is_a_link() -> None:
    assert slots("[^1](u)甲[^1]") == [["^1", "甲", ""]]


@pytest.mark.parametrize(
    ("source", "targets", "wanted"),
    [
        ("[^1]：甲", ["", ": a"], "[^1]\\: a"),
        ("甲[^1]：乙", [(1, ""), (0, ": a "), (2, "b")], "[^1]\\: a b"),
        ("甲  \n[^1]：乙", ["a", "\n", "", ": b"], "a  \n[^1]\\: b"),
        ("| [^1]：甲 |\n|---|\n", ["", ": a"], "| [^1]\\: a |\n|---|\n"),
        ("甲[^1]（乙）", ["a", "", "(b)"], "a[^1] (b)"),
        ("甲[^1]和[乙](u)", ["a", "", "", "b"], "a[^1] [b](u)"),
        ("甲[^1]（乙）[^1](u)", ["a", "", "(b)", "^1"], "a[^1] (b)[^1](u)"),
        ("甲[^1]和[^2]", ["a", "", "", ""], "a[^1][^2]"),
        ("甲", ["a[^1]"], "a\\[^1\\]"),
        ("甲", ["[^1]: a"], "\\[^1\\]: a"),
    ],
)
def test_text_makes_no_other_mark_of_a_footnote_and_no_new_one(source: str, targets: list[str | tuple[int, str]], wanted: str) -> None:
    written = write(source, targets)
    assert written == wanted
    assert texts(written)[0].replace(" ", "") == "".join(target if isinstance(target, str) else target[1] for target in targets).replace(
        " ", ""
    )


@pytest.mark.parametrize("source", ["[^", "[^1]", "[^1]: ", "[^1]:\n", "[^1]:\n\n    ", "> [^1]: ", "- [^1]: ", "[^1]: 甲\n"])
def test_hostile_file_takes_little_time(source: str) -> None:
    started = time.perf_counter()
    with suppress(InputError):
        texts("甲\n\n" + source * (20_000 // len(source)))
    assert time.perf_counter() - started < 20


PIECES = [
    "甲",
    "乙\n",
    "\n",
    "[^1]",
    "[^2]: ",
    "[^1",
    "]",
    "[",
    "](u)",
    ": ",
    "(",
    "**",
    "> ",
    "- ",
    "|",
    "|\n|-|\n",
    "    ",
    "`",
    "!",
    "\\",
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_file_comes_back_when_nothing_changed_and_else_is_whole_or_refused(pieces: list[str]) -> None:
    check_whole_or_refused("始" + "".join(pieces))
