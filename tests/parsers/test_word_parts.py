"""Finding, parsing and serialising the parts of a Word document."""

import pytest

from models.errors import CorruptDocumentError, UnsafeDocumentError
from parsers.word import WordParser
from tests.parsers.minimal_docx import (
    CONTENT_TYPES,
    DECLARATION,
    STRICT_OFFICE,
    STRICT_W,
    W,
    docx,
    field,
    p,
    part,
    parts_of,
    r,
    relationships,
    shout,
    story,
    texts,
    translated,
    zipped,
)


def test_parts_come_in_reading_order() -> None:
    notes = {kind: story(f"{kind}s", f'<w:{kind} w:id="1">{p(kind)}</w:{kind}>') for kind in ("footnote", "endnote")}
    data = docx(
        p("body"),
        endnotes=notes["endnote"],
        footer=story("ftr", p("footer")),
        footnotes=notes["footnote"],
        header=story("hdr", p("header")),
    )
    assert texts(data) == ["body", "header", "footer", "footnote", "endnote"]


def test_strict_documents_are_read_and_written() -> None:
    data = zipped(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": relationships(("officeDocument", "/word/document.xml"), base=STRICT_OFFICE),
            "word/document.xml": story("document", p("abc", field("PAGE", r("7"))), STRICT_W),
            "word/_rels/document.xml.rels": relationships(("header", "Header1.xml"), base=STRICT_OFFICE),
            "word/header1.xml": story("hdr", p("def"), STRICT_W),
        }
    )
    assert texts(data) == ["abc7", "def"]
    assert texts(translated(data, shout)) == ["ABC7", "DEF"]


def test_a_part_two_relationships_name_is_read_once_and_a_missing_one_is_passed_over() -> None:
    parts = parts_of(p("正文"), header=story("hdr", p("眉")))
    parts["word/_rels/document.xml.rels"] = relationships(("header", "header1.xml"), ("header", "header1.xml"), ("footer", "none.xml"))
    assert texts(zipped(parts)) == ["正文", "眉"]


def test_a_part_outside_the_package_is_not_taken_for_one_inside() -> None:
    parts = parts_of(p("正文"), header=story("hdr", p("眉")))
    external = str(parts["word/_rels/document.xml.rels"]).replace("Id=", 'TargetMode="External" Id=')
    assert texts(zipped(parts | {"word/_rels/document.xml.rels": external})) == ["正文"]


def test_the_xml_declaration_stays_as_it_was() -> None:
    for declaration in (DECLARATION, "<?xml version='1.0'?>\r\n", "", "\ufeff", '\ufeff<?xml version="1.0" encoding="utf-8"?>'):
        parts = parts_of("")
        parts["word/document.xml"] = f'{declaration}<w:document xmlns:w="{W}">{p("abc")}</w:document>'
        assert part(translated(zipped(parts), shout)).startswith(f"{declaration}<w:document")


def test_a_part_in_another_encoding_becomes_utf_8_and_says_so() -> None:
    parts = parts_of("")
    parts["word/document.xml"] = f'<?xml version="1.0" encoding="UTF-16"?><w:document xmlns:w="{W}">{p("甲abc")}</w:document>'.encode(
        "utf-16"
    )
    result = part(translated(zipped(parts), shout))
    assert result.startswith(f"{DECLARATION}<w:document")
    assert "甲ABC" in result


@pytest.mark.parametrize("name", ["word/document.xml", "word/_rels/document.xml.rels", "_rels/.rels"])
def test_a_doctype_in_a_part_is_refused(name: str) -> None:
    parts = parts_of(p("甲"))
    parts[name] = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(UnsafeDocumentError, match="DOCTYPE"):
        WordParser().read(zipped(parts))


def test_a_doctype_in_another_encoding_is_refused() -> None:
    parts = parts_of(p("甲"))
    parts["word/document.xml"] = "<!DOCTYPE a><a/>".encode("utf-16")
    with pytest.raises(UnsafeDocumentError, match="DOCTYPE"):
        WordParser().read(zipped(parts))


@pytest.mark.parametrize("content", ["<w:a>" * 300 + "</w:a>" * 300, p("甲" * 4_000_000)])
def test_xml_beyond_the_limits_of_the_library_is_unsafe(content: str) -> None:
    parts = parts_of("")
    parts["word/document.xml"] = story("document", content)
    with pytest.raises(UnsafeDocumentError):
        WordParser().read(zipped(parts, method=0))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("word/document.xml", "<w:document", "word/document.xml is not well-formed"),
        ("word/document.xml", "", "not well-formed"),
        ("word/document.xml", "<workbook/>", "its main part is word/document.xml"),
        ("_rels/.rels", relationships(("officeDocument", "word/other.xml")), "main part is missing"),
        ("_rels/.rels", relationships(("officeDocument", "../../etc/passwd")), "main part is missing"),
        ("_rels/.rels", relationships(), "main part is missing"),
    ],
)
def test_a_package_that_is_no_word_document_is_corrupt(name: str, content: str, reason: str) -> None:
    with pytest.raises(CorruptDocumentError, match=reason) as caught:
        WordParser().read(zipped(parts_of(p("甲")) | {name: content}))
    assert "\n" not in str(caught.value)


def test_a_package_without_content_types_is_corrupt() -> None:
    parts = parts_of(p("甲"))
    del parts["[Content_Types].xml"]
    with pytest.raises(CorruptDocumentError, match="Content_Types"):
        WordParser().read(zipped(parts))
