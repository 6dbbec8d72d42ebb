"""Slots in another order: runs, links and fields move or are copied, and nothing else is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, Span, SpanKind
from models.errors import OutputError
from parsers.word import WordParser
from tests.parsers.minimal_docx import docx, field, p, part, r, texts

BOLD = "<w:rPr><w:b/></w:rPr>"
LINK = '<w:hyperlink r:id="rId1"><w:r><w:t>链</w:t></w:r></w:hyperlink>'
NOTE = '<w:r><w:footnoteReference w:id="1"/></w:r>'


def written(body: str, *parts: tuple[int, str]) -> str:
    """Return the paragraph of `body` with these codes and texts in this order, without what names a language."""
    text, spans = "", []
    for code, word in parts:
        spans.append(Span(len(text), len(text) + len(word), code))
        text += word
    xml = part(WordParser().write(docx(body), [Block(text, tuple(spans))], "en"))
    return re.sub(r'<w:rPr><w:lang w:val="en-US"/></w:rPr>|<w:lang w:val="en-US"/>', "", xml.split("<w:body>")[1].split("</w:body>")[0])


def test_runs_change_places() -> None:
    assert written(p("一", r("二", BOLD)), (1, "two "), (0, "one")) == p(r("two ", BOLD), r("one"))


def test_a_slot_that_stands_twice_gets_a_run_of_the_same_properties() -> None:
    assert written(p("一", r("二", BOLD)), (1, "two"), (0, " one "), (1, "too")) == p(
        r("two", BOLD), r(" one "), f"<w:r>{BOLD}<w:t>too</w:t></w:r>"
    )


def test_a_link_moves_with_its_text_and_is_copied_where_it_comes_apart() -> None:
    moved = '<w:hyperlink r:id="rId1"><w:r><w:t>{}</w:t></w:r></w:hyperlink>'
    plain = '<w:r><w:t xml:space="preserve">{}</w:t></w:r>'
    assert written(p("一", LINK), (1, "link"), (0, " one")) == p(moved.format("link"), plain.format(" one"))
    assert written(p("一", LINK), (1, "a"), (0, " one "), (1, "b")) == p(moved.format("a"), plain.format(" one "), moved.format("b"))


def test_a_field_moves_as_one() -> None:
    number = field("PAGE", r("7"))
    assert written(p("第", number, r("页", BOLD)), (2, "Page "), (1, "7"), (0, "")).startswith(p(r("Page ", BOLD), number)[:-6])


def test_a_run_that_holds_text_and_an_anchor_is_cut() -> None:
    both = '<w:r><w:t>一</w:t><w:footnoteReference w:id="1"/><w:t>二</w:t></w:r>'
    result = written(f"<w:p>{both}{r('三', BOLD)}</w:p>", (3, "c"), (0, "a"), (2, "b"), (1, ""))
    assert result == f'<w:p>{r("c", BOLD)}<w:r><w:t>a</w:t></w:r><w:r><w:t>b</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'


@pytest.mark.parametrize(
    "fixed",
    [
        "<w:ins>{}</w:ins>",
        "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
        "<w:fldSimple w:instr='REF a'>{}</w:fldSimple>",
        '<w:bookmarkStart w:id="1" w:name="b"/>{}<w:bookmarkEnd w:id="1"/><w:r><w:t>尾</w:t></w:r>',
        "{}<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:r><w:t>尾</w:t></w:r>",
    ],
)
def test_what_cannot_be_copied_stays_where_it_is(fixed: str) -> None:
    data = docx(p("一", fixed.format(r("二", BOLD))))
    (block,) = WordParser().read(data).blocks
    assert not block.movable
    turned = tuple(reversed(block.spans))
    with pytest.raises(OutputError, match="its slots are not those of the paragraph"):
        WordParser().write(data, [Block("", tuple(Span(0, 0, span.code) for span in turned))], "en")


_ITEMS = st.sampled_from(
    [r("一"), r("二", BOLD), LINK, NOTE, field("PAGE", r("7")), "<w:r><w:tab/></w:r>", "<w:r><w:t>三</w:t><w:br/></w:r>"]
)


@given(st.lists(_ITEMS, min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_whatever_the_order_all_anchors_and_all_words_are_there(items: list[str], random: object) -> None:
    data = docx(p(*items))
    for block in WordParser().read(data).blocks:
        if not block.movable:
            continue
        order = list(block.spans)
        random.shuffle(order)  # type: ignore[attr-defined]
        order += [span for span in order if span.kind is SpanKind.TEXT][:1]
        words = [block.text[span.start : span.end] if span.kind is not SpanKind.TEXT else f"w{place} " for place, span in enumerate(order)]
        edges = [sum(map(len, words[:place])) for place in range(len(words) + 1)]
        spans = tuple(Span(edges[place], edges[place + 1], span.code) for place, span in enumerate(order))
        result = WordParser().write(data, [Block("".join(words), spans)], "de")
        assert texts(result) == ["".join(words)]
        for node in ("footnoteReference", "w:tab/", "w:br/", "fldChar", "instrText", "r:id="):
            assert (part(result).count(node) == part(data).count(node)) or node == "r:id="
