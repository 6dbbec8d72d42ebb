import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import GlossaryError
from models.terms import Term
from pipeline.terms import load_files, read_terms
from pipeline.terms_rows import Problem
from pipeline.terms_table import read_table


def problems(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in read_table(text, ",").problems]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("汇率,exchange rate", [Term("汇率", "exchange rate")]),
        ("source,target\n汇率,exchange rate\n", [Term("汇率", "exchange rate")]),
        ("\ufeffSource , Target,flags\r\n汇率,exchange rate,case\r\n", [Term("汇率", "exchange rate", match_case=True)]),
        ("# note\n\n汇率,rate|exchange rate", [Term("汇率", "rate", ("exchange rate",))]),
        ("甲,a\\|b|c", [Term("甲", "a|b", ("c",))]),
        ("npm,,keep", [Term("npm", "npm", keep=True)]),
        ("npm,npm,DNT", [Term("npm", "npm", keep=True)]),
        ("云,fog|haze,forbidden", [Term("云", "fog", forbidden=True), Term("云", "haze", forbidden=True)]),
        ("甲,a,priority=-2,domain=law,note=x = y", [Term("甲", "a", priority=-2, domain="law", note="x = y")]),
        ("source,target,domain,note,flags\n甲,a,law,as in 乙,case", [Term("甲", "a", match_case=True, domain="law", note="as in 乙")]),
        ('"a,b", "say ""x""" ,case', [Term("a,b", 'say "x"', match_case=True)]),
        ('"#1",one', [Term("#1", "one")]),
        ('5" 屏,5" screen', [Term('5" 屏', '5" screen')]),
        ("a.*[b](c)\\,x\\1^$", [Term("a.*[b](c)\\", "x\\1^$")]),
        ("甲,⟦1⟧", [Term("甲", "⟦1⟧")]),
        ("", []),
        ("# nothing", []),
    ],
)
def test_rows_become_terms(text: str, terms: list[Term]) -> None:
    reading = read_table(text.removeprefix("\ufeff"), ",")
    assert (reading.terms, reading.problems) == (terms, [])


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("汇率", 1, 1, "there is no target"),
        ("甲,a\n,b", 2, 1, "the source is empty"),
        ("甲, ", 1, 3, "the target is empty"),
        ("甲,a||b", 1, 3, "the target is empty"),
        ("甲,a,cases", 1, 5, "there is no flag 'cases'"),
        ("甲,a,note", 1, 5, "there is no flag 'note'"),
        ("甲,a,case,priority=high", 1, 10, "the priority 'high'"),
        ("npm,pnpm,keep", 1, 5, "must be empty or its source"),
        ('甲,"a', 1, 3, "the quote is not closed"),
        ('"甲"x,a', 1, 1, "text follows the closing quote: 'x,a'"),
        ("甲,a\x07b", 1, 3, "control character U+0007"),
        (f"{'甲' * 201},a", 1, 1, "201 characters; 200 are allowed"),
        (f"甲,{'a' * 501}", 1, 3, "501 characters; 500 are allowed"),
    ],
)
def test_a_bad_row_is_named_by_line_column_and_reason(text: str, line: int, column: int, reason: str) -> None:
    ((found_line, found_column, found_reason),) = problems(text)
    assert (found_line, found_column) == (line, column)
    assert reason in found_reason


def test_every_bad_row_is_named() -> None:
    assert [problem[0] for problem in problems("甲\n乙,b\n丙,c,x\n\n丁,")] == [1, 3, 5]


field = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff|\\"), min_size=1, max_size=20
)


@given(st.lists(st.tuples(field, field), max_size=5))
def test_any_text_comes_back_from_quotes(pairs: list[tuple[str, str]]) -> None:
    pairs = [(source.strip() or "甲", target.strip() or "a") for source, target in pairs]
    rows = ['"{}","{}"'.format(*(text.replace('"', '""') for text in pair)) for pair in pairs]
    reading = read_table("source,target\n" + "\n".join(rows), ",")
    assert [(term.source, term.target) for term in reading.terms] == pairs


@given(st.text(max_size=200))
def test_any_table_is_read_or_refused(text: str) -> None:
    reading = read_table(text, ",")
    assert len(reading.terms) == len(reading.lines)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in reading.problems)


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_files_are_joined_in_their_order(tmp_path: Path) -> None:
    first = write(tmp_path, "a.tsv", "甲\ta, b\n".encode("utf-8-sig"))
    second = write(tmp_path, "b.CSV", "乙,b\n".encode())
    assert load_files([first, second]) == (Term("甲", "a, b"), Term("乙", "b"))


def test_nothing_of_a_file_with_problems_is_loaded(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "甲,a\n乙\n丙\n丁\n戊\n己\n庚\n辛".encode())
    with pytest.raises(GlossaryError, match=re.escape(f"{path}:2:1: there is no target")) as error:
        load_files([path])
    assert "a.csv:6:1" in str(error.value)
    assert "a.csv:7:1" not in str(error.value)
    assert "and 2 more" in str(error.value)


def test_what_is_not_utf8_is_named_by_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "甲,a\n乙,".encode() + b"\xff\n")
    assert read_terms(path).problems == [Problem(2, 3, "this is not UTF-8; save the file as UTF-8")]


@pytest.mark.parametrize(("name", "reason"), [("a.xlsx", "must end in one of .csv, .tsv"), ("missing.csv", "No such file")])
def test_what_cannot_be_read_at_all_says_why(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(GlossaryError, match=reason):
        read_terms(tmp_path / name)
