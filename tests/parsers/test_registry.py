"""Choosing a parser by suffix."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.errors import UnsupportedFormatError
from parsers.registry import PARSERS, parser_for


@pytest.mark.parametrize("suffix", sorted(PARSERS))
def test_every_suffix_has_a_parser(suffix: str) -> None:
    parser = parser_for(Path(f"report{suffix}"))
    assert callable(parser.read)
    assert callable(parser.write)


@pytest.mark.parametrize(
    ("name", "parser"), [("a.docx", "WordParser"), ("A.DOCX", "WordParser"), ("b.tar.htm", "HtmlParser"), ("c.txt", "TextParser")]
)
def test_the_suffix_decides_whatever_its_case(name: str, parser: str) -> None:
    assert type(parser_for(Path(name))).__name__ == parser


@pytest.mark.parametrize(
    ("name", "what"), [("a.pdf", r"\.pdf files"), ("README", "files without a suffix"), (".docx", "files without a suffix")]
)
def test_an_unknown_suffix_is_named_with_those_that_are_known(name: str, what: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=rf"no parser for {what}; supported are \.docx \.docm"):
        parser_for(Path(name))


def test_the_registry_imports_no_parser() -> None:
    code = "import sys, parsers.registry; print(sorted({'lxml', 'docx', 'bs4', 'parsers.word'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert run.stdout == "[]\n"
