"""A word that changes its place in the sentence takes its format along, in every format that has any."""

import re
from collections.abc import Callable

import pytest

from models.segment import Link
from parsers.base import Parser
from parsers.html import HtmlParser
from parsers.word import WordParser
from pipeline.segmenter import split
from pipeline.weave import weave
from tests.parsers.minimal_docx import docx, p, part, r

SOURCE = "昨天我们的团队完成了测试。"
TARGET = "Our team completed the test yesterday."
PAIRS = (("昨天", "yesterday"), ("我们", "Our"), ("团队", "team"), ("完成", "completed"), ("测试", "test"), ("。", "."))
LINKS = [Link(SOURCE.index(a), SOURCE.index(a) + len(a), TARGET.index(b), TARGET.index(b) + len(b), 1.0) for a, b in PAIRS]

BOLD, ITALIC = "<w:rPr><w:b/></w:rPr>", "<w:rPr><w:i/></w:rPr>"
WORD = docx(p(r("昨天", BOLD), r("我们的团队完成了"), r("测试", ITALIC), r("。")))
HTML = "<p><b>昨天</b>我们的团队完成了<i>测试</i>。</p>".encode()


def runs(data: bytes) -> list[tuple[str, str]]:
    """Return the text of each run of a document that has any, with the name of its format."""
    found = re.findall(r"<w:r>(?:<w:rPr>(.*?)</w:rPr>)?<w:t[^>]*>([^<]+)</w:t></w:r>", part(data))
    return [("b" if "<w:b/>" in properties else "i" if "<w:i/>" in properties else "", text.strip()) for properties, text in found]


def elements(data: bytes) -> list[tuple[str, str]]:
    """Return the texts of a page, with the name of the element of each."""
    inside = data.decode().split("<p>")[1].split("</p>")[0]
    return [(name, text.strip()) for name, text in re.findall(r"(?:<([bi])>)?([^<>]+)(?:</[bi]>)?", inside) if text.strip()]


@pytest.mark.parametrize(("parser", "data", "shown"), [(WordParser(), WORD, runs), (HtmlParser(), HTML, elements)])
def test_formats_follow_their_words(parser: Parser, data: bytes, shown: Callable[[bytes], list[tuple[str, str]]]) -> None:
    (block,) = parser.read(data).blocks
    woven = weave(block, split(block.text), {SOURCE: TARGET}, {SOURCE: LINKS})
    assert not woven.placed[SOURCE].is_unsure
    result = shown(parser.write(data, [woven.block], "en"))
    assert result == [("", "Our team completed the"), ("i", "test"), ("b", "yesterday"), ("", ".")]
