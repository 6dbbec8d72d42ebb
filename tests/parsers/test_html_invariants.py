"""What holds of every page: nothing but visible text changes, and each piece of it once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest

from parsers.encoding import declared_encoding, decode
from parsers.html import HtmlParser
from parsers.markup import TEXT_ATTRIBUTES
from tests.parsers.test_html import translated, wanted_texts, written_texts

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "data" / "html"
REAL = ROOT.parent / "shared" / "documents" / "html"
EXPECTED_FAILURES = json.loads((PAGES / "expected-failures.json").read_text())
FREE = TEXT_ATTRIBUTES | {"content", "value", "charset", "dir", "lang", "xml:lang"}
SILENT = frozenset(["code", "iframe", "kbd", "math", "rp", "rt", "samp", "script", "style", "textarea", "var"])


def tree(data: bytes) -> Any:
    """Return what a browser builds of a page."""
    text = decode(data, declared_encoding(data)).text
    return html5lib.parse(text, namespaceHTMLElements=False)


def outline(root: Any) -> list[tuple[str, dict[str, str]]]:
    """Return the elements of a tree, less the attributes that may change."""
    return [
        (str(e.tag), {str(k): v for k, v in e.attrib.items() if k not in FREE})
        for e in root.iter()
        if e.tag != "meta" or e.attrib.keys() - FREE
    ]


def shown(root: Any) -> Iterator[str]:
    """Yield the texts of a tree that are read, in order."""
    if isinstance(root.tag, str) and root.tag not in SILENT and root.attrib.get("translate") != "no":
        yield root.text or ""
        for child in root:
            yield from shown(child)
            yield child.tail or ""


def plain(text: str) -> str:
    """Return a text without white space and the marks of the pseudo-translation."""
    return "".join(text.split()).replace("[", "").replace("]", "")


def check(data: bytes) -> None:
    assert HtmlParser().write(data, HtmlParser().read(data).blocks, "en") == data
    assert written_texts(data) == wanted_texts(data)
    before, after = tree(data), tree(translated(data))
    assert outline(after) == outline(before)
    for old, new in zip(shown(before), shown(after), strict=True):
        assert plain(new) == plain(old)
        marks = new.count("[") - old.count("[")
        assert marks == new.count("]") - old.count("]")
        assert "[[" not in new.replace(" ", "") or "[" in old


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.name)
def test_own_page_changes_only_in_its_text(path: Path) -> None:
    check(path.read_bytes())


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real pages are not at {REAL}")
@pytest.mark.parametrize("path", sorted(REAL.glob("*.*htm*")), ids=lambda path: path.name)
def test_real_page_comes_back_and_changes_only_in_its_text(path: Path) -> None:
    if path.name not in EXPECTED_FAILURES:
        check(path.read_bytes())
        return
    with pytest.raises(AssertionError):
        check(path.read_bytes())
