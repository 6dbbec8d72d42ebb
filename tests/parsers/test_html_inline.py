"""Inline elements of a page move with their words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, Span, SpanKind
from parsers.html import HtmlParser
from tests.parsers.pseudo import retold


def block_of(page: str) -> Block:
    (block,) = HtmlParser().read(page.encode()).blocks
    return block


def reordered(page: str, *parts: tuple[int, str]) -> str:
    """Return the page with its one block written as these parts, each the text of the slot with that code."""
    source = block_of(page)
    text, spans = "", []
    for code, part in parts:
        spans.append(Span(len(text), len(text) + len(part), code, source.spans[code].path, source.spans[code].kind))
        text += part
    result = HtmlParser().write(page.encode(), [Block(text, tuple(spans), movable=True)], "zh").decode()
    return result.removeprefix('<html lang="zh">').removesuffix("</html>")


def test_an_element_moves_to_the_front_with_all_its_tags() -> None:
    page = '<p>在<a href="/x"><b>官网</b></a>下载<i>表格</i></p>'
    assert reordered(page, (0, ""), (3, "Forms"), (2, " are on "), (1, "the site")) == (
        '<p><i>Forms</i> are on <a href="/x"><b>the site</b></a></p>'
    )


def test_an_element_that_comes_apart_is_copied_without_its_id() -> None:
    page = '<p><b id="one" class="x">甲</b>乙</p>'
    assert reordered(page, (0, "a"), (1, " b "), (0, "c")) == '<p><b id="one" class="x">a</b> b <b class="x">c</b></p>'


def test_what_is_not_translated_keeps_its_place_between_the_words_and_gets_spaces() -> None:
    page = "<p>用<code>f(<u>x</u>)</code>可以<b>关闭</b>文件</p>"
    assert [span.kind for span in block_of(page).spans][1] is SpanKind.ANCHOR
    assert (
        reordered(page, (3, "Close"), (2, " with"), (1, ""), (0, "or so"), (4, ""))
        == "<p><b>Close</b> with <code>f(<u>x</u>)</code> or so</p>"
    )


def test_white_space_around_a_block_and_breaks_stay() -> None:
    page = "<p>\n  <b>甲</b>乙<br>丙\n</p>"
    assert reordered(page, (1, "x "), (0, "y"), (2, "\n"), (3, "z")) == "<p>\n  x <b>y</b><br>z\n</p>"


def test_an_element_moves_with_its_attributes_each_in_its_translation() -> None:
    page = '<p>甲<abbr id=a title=题 lang="zh-CN">乙</abbr>丙<img alt="图">丁</p>'
    read = HtmlParser().read(page.encode()).blocks
    assert [block.text for block in read] == ["甲乙丙丁", "题", "图"]
    told = [retold(read[0], [(1, "b"), (0, " a "), (1, "b"), (2, " c"), (3, ""), (4, "d")]), *(retold(block, ["x"]) for block in read[1:])]
    result = HtmlParser().write(page.encode(), told, "en").decode()
    assert result == '<p><abbr id=a title="x" lang="en">b</abbr> a <abbr title="x" lang="en">b</abbr> c<img alt="x">d</p>'


def test_language_is_named_before_a_block_that_begins_the_page() -> None:
    assert reordered("甲<b>乙</b>", (1, "b"), (0, " a")) == "<b>b</b> a"


def test_blank_stays_out_of_a_link_with_a_title() -> None:
    page = '<p>见<a href="x" title="题">这里</a>。</p>'
    title = HtmlParser().read(page.encode()).blocks[1]
    told = [retold(HtmlParser().read(page.encode()).blocks[0], ["See", " here", "."]), title]
    assert HtmlParser().write(page.encode(), told, "en").decode().endswith('<p>See <a href="x" title="题">here</a>.</p>')


@pytest.mark.parametrize(
    "page",
    [
        "<p>甲<b>乙<i>丙</b>丁</i></p>",
        "<p>甲乙<img src=x>丙</p>",
        "<div>甲<b>乙<p>丙</p></b></div>",
    ],
)
def test_blocks_that_cannot_be_taken_apart_keep_their_order(page: str) -> None:
    assert not any(block.movable for block in HtmlParser().read(page.encode()).blocks)


@given(st.permutations(range(6)))
def test_whatever_the_order_no_tag_is_lost(order: list[int]) -> None:
    page = "<p>甲<b>乙<i>丙</i></b><!--n--><img src=x>丁</p>"
    source = block_of(page)
    parts = [(code, "w " if source.spans[code].end > source.spans[code].start else "") for code in order]
    result = reordered(page, *parts)
    assert result.count("w") == 4
    assert all(result.count(tag) == 1 for tag in ("<img src=x>", "<!--n-->"))
    assert result.count("<b>") == result.count("</b>") >= 1
