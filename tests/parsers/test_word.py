"""Whole documents through the Word parser: identity, order, one-for-one change."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, Span
from models.errors import InputError, OutputError
from parsers.package import Package
from parsers.word import WordParser
from parsers.word_typography import english
from tests.parsers.minimal_docx import docx, field, p, part, r, rewritten, shout, story, text_box, texts, translated

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "documents" / "docx"

_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co"], exclude_characters="<&>[]\ufffe\uffff　"), max_size=8)
_RUN = st.one_of(_TEXT.map(r), st.sampled_from(["<w:r><w:tab/></w:r>", "<w:r><w:br/></w:r>", field("PAGE", r("1")), text_box(p("框x"))]))
_PARAGRAPH = st.lists(_RUN, max_size=5).map(lambda runs: p(*runs))
_BODY = st.lists(_PARAGRAPH, max_size=5).map("".join)


def test_an_identity_write_returns_the_same_bytes() -> None:
    data = docx(p("甲", text_box(p("乙"))), header=story("hdr", p("丙")))
    assert WordParser().write(data, WordParser().read(data).blocks, "en") == data


def test_parts_without_a_change_keep_their_stored_bytes() -> None:
    data = docx(p("body"), header=story("hdr", p("123")), footer=story("ftr", p("page")))
    result = translated(data, shout)
    stored = data[data.index(b"word/header1.xml") : data.index(b"word/footer1.xml")]
    assert stored[:-30] in result
    assert part(result, "word/header1.xml") == part(data, "word/header1.xml")
    assert part(result, "word/footer1.xml") != part(data, "word/footer1.xml")


def test_only_text_and_language_change_in_a_part() -> None:
    data = docx(p("abc", '<w:bookmarkStart w:id="1" w:name="b"/>', field("PAGE", r("1"))) + text_box(p("7")) + '<w:sectPr w:rsidR="00AA"/>')
    result = part(translated(data, shout)).replace('<w:rPr><w:lang w:val="en-US"/></w:rPr>', "")
    assert result == part(data).replace("abc", "ABC")


def test_writing_twice_gives_the_same_bytes() -> None:
    data = docx(p("abc", "def"), header=story("hdr", p("ghi")))
    assert translated(data, shout) == translated(data, shout)


def test_a_translation_with_another_number_of_blocks_is_refused() -> None:
    with pytest.raises(OutputError, match="has 1 paragraphs, the document 2"):
        WordParser().write(docx(p("甲") + p("乙")), [Block("a", (Span(0, 1, 0),))], "en")


@given(_BODY)
def test_spans_tile_every_block_and_an_identity_write_changes_no_byte(body: str) -> None:
    data = docx(body, header=story("hdr", p("眉")))
    blocks = WordParser().read(data).blocks
    for block in blocks:
        assert "".join(block.text[span.start : span.end] for span in block.spans) == block.text
    assert WordParser().write(data, blocks, "en") == data


@given(_BODY)
def test_a_pseudo_translation_changes_each_text_node_once(body: str) -> None:
    data = docx(body)
    result = translated(data, lambda text: f"[{text}]")
    found, made = (re.findall(r"<w:t[^>]*>([^<]+)</w:t>", part(file)) for file in (data, result))
    expected = [english(rewritten(block, lambda text: f"[{text}]")).text for block in WordParser().read(data).blocks]
    assert texts(result) == expected
    assert len(made) <= len(found)  # the text of runs that look alike is one, and in the first of them
    assert sorted("".join(made)) == sorted(re.sub(r"[\t\n]", "", "".join(expected)))


def test_real_documents_survive_or_are_refused_in_one_line() -> None:
    if not SHARED.is_dir():
        pytest.skip(f"no real documents in {SHARED}")
    outcomes = Counter(_outcome(path.read_bytes()) for path in sorted(SHARED.glob("*.docx")))
    assert outcomes == {"ok": 192, "corrupt": 5, "encrypted": 1}


def _outcome(data: bytes) -> str:
    parser = WordParser()
    try:
        blocks = parser.read(data).blocks
    except InputError as error:
        one_line = "\n" not in str(error)
        return error.code if one_line else "more than one line"
    assert parser.write(data, blocks, "en") == data
    result = translated(data, lambda text: f"<{text}>")
    expected = [english(rewritten(block, lambda text: f"<{text}>")).text for block in blocks]
    assert [block.text for block in parser.read(result).blocks] == expected
    assert list(Package.open(result).members) == list(Package.open(data).members)
    return "ok"
