"""Texts for the screen."""

import os
from pathlib import Path

import pytest

from console.format import duration, shown, table
from models.paths import plain


def test_columns_line_up_where_characters_are_wide() -> None:
    assert table(("name", "size"), [("报告", 7), ("ab", 1234)]).splitlines() == ["NAME  SIZE", "报告     7", "ab    1234"]


def test_table_without_rows_is_its_head() -> None:
    assert table(("name", "size"), []) == "NAME  SIZE"


def test_path_in_the_working_folder_is_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b.txt") == "a/b.txt"
    assert shown("/elsewhere/b.txt") == "/elsewhere/b.txt"


def test_path_of_any_bytes_can_be_printed() -> None:
    path = os.fsdecode(b"/x/\xb1\xa8.txt")
    assert plain(path) == shown(path) == r"/x/\xb1\xa8.txt"


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (0.2, "1 s"), (89, "89 s"), (240, "4 min"), (9000, "2.5 h")])
def test_time_is_as_exact_as_an_estimate(seconds: float, text: str) -> None:
    assert duration(seconds) == text
