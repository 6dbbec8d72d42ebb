"""Real documents, as they are and filled with Chinese, through the Word parser: nothing changes but what is text."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from lxml import etree

from models.document import Block, ReadOptions, Span, SpanKind
from models.errors import InputError
from parsers.word import WordParser
from parsers.word_names import NAMES, WORD_NAMESPACES, XML_SPACE, Element
from parsers.word_typography import english
from tests.parsers.hanify import hanified
from tests.parsers.minimal_docx import rewritten

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "documents" / "docx"
EXPECTED_FAILURES: dict[str, list[str]] = json.loads((ROOT / "tests" / "data" / "word" / "corpus.json").read_text(encoding="utf-8"))
FILES = sorted(CORPUS.glob("*.docx"))
READABLE = [path for path in FILES if path.name not in EXPECTED_FAILURES]

_TEXT = {tag for tag, name in NAMES.items() if name in {"t", "v", "property"}}
_WORD = [f"{{{namespace}}}" for namespace in WORD_NAMESPACES]
_DROPPED = {f"{word}{name}" for word in _WORD for name in ("lang", "dataBinding")} | {
    "{http://schemas.microsoft.com/office/word/2012/wordml}dataBinding"
}
_LOOSE = {"lang", "string", XML_SPACE, *(f"{word}hint" for word in _WORD)}


@pytest.fixture(autouse=True)
def _corpus() -> None:
    if not FILES:
        pytest.skip(f"no real documents in {CORPUS}")


def marked(text: str) -> str:
    return f"<{text}>"


def test_what_cannot_be_read_is_in_the_manifest_with_its_reason() -> None:
    for name, (code, reason) in EXPECTED_FAILURES.items():
        with pytest.raises(InputError) as caught:
            WordParser().read((CORPUS / name).read_bytes())
        assert caught.value.code == code, reason
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [bytes, hanified], ids=["as it is", "in Chinese"])
def test_documents_that_were_not_translated_keep_their_bytes(change: object) -> None:
    assert callable(change)
    for path in READABLE:
        data = change(path.read_bytes())
        parser = WordParser()
        for options in (ReadOptions(), ReadOptions(comments=True, hidden_text=True, dnt_styles=("Heading 1",))):
            assert parser.write(data, parser.read(data, options).blocks, "en", options) == data, path.name


@pytest.mark.parametrize("change", [bytes, hanified], ids=["as it is", "in Chinese"])
def test_a_pseudo_translation_changes_each_text_once_and_nothing_else(change: object) -> None:
    assert callable(change)
    for path in READABLE:
        data = change(path.read_bytes())
        options = ReadOptions(numbering=False)  # its labels are no text of blocks
        blocks = WordParser().read(data, options).blocks
        targets = [rewritten(block, marked) for block in blocks]
        result = WordParser().write(data, targets, "en", options)
        expected = [english(target).text for target in targets]
        assert [block.text for block in WordParser().read(result).blocks] == expected, path.name
        assert skeletons(result) == skeletons(data), path.name


def test_texts_in_another_order_lose_nothing() -> None:
    moved = 0
    for path in READABLE:
        data = hanified(path.read_bytes())
        blocks = WordParser().read(data).blocks
        targets = [turned(block) if block.movable else block for block in blocks]
        moved += sum(block.movable for block in blocks)
        result = WordParser().write(data, targets, "de")
        expected = [target.text for target in targets]
        assert [block.text for block in WordParser().read(result).blocks] == expected, path.name
    assert moved > 100


def test_accepting_changes_leaves_none_in_any_document() -> None:
    options = ReadOptions(accept_revisions=True)
    for path in READABLE:
        data = path.read_bytes()
        result = WordParser().write(data, WordParser().read(data, options).blocks, "en", options)
        if result == data:
            continue
        shown = [block.text for block in WordParser().read(data, options).blocks]
        assert [block.text for block in WordParser().read(result).blocks] == shown, path.name


def turned(block: Block) -> Block:
    """Return a block with its slots from last to first, each text with a mark."""
    words, spans, end = [], [], 0
    for span in reversed(block.spans):
        word = block.text[span.start : span.end]
        words.append(f"<{word}>" if span.kind is SpanKind.TEXT else word)
        spans.append(Span(end, end + len(words[-1]), span.code))
        end += len(words[-1])
    return Block("".join(words), tuple(spans))


def skeletons(data: bytes) -> dict[str, bytes]:
    """Return each part without its text and without what names a language: canonical XML, or the bytes of what is no XML."""
    with ZipFile(BytesIO(data)) as archive:
        return {name: _skeleton(name, archive.read(name)) for name in archive.namelist()}


def _skeleton(name: str, part: bytes) -> bytes:
    if not name.startswith(("word/", "docProps/")) or not name.endswith(".xml"):
        return part
    root = etree.fromstring(part)
    for node in list(root.iter("*")):
        _strip(node)
    for node in list(root.iter(*(f"{word}rPr" for word in _WORD), *(f"{word}rFonts" for word in _WORD), "{*}rPr")):
        parent = node.getparent()
        if parent is not None and not len(node) and not node.attrib:
            parent.remove(node)
    return bytes(etree.tostring(root, method="c14n"))


def _strip(node: Element) -> None:
    if node.tag in _TEXT:
        node.text = None
        etree.strip_tags(node, etree.Comment)
    for attribute in _LOOSE.intersection(node.keys()):
        if attribute != XML_SPACE or node.tag in _TEXT:
            del node.attrib[attribute]
    parent = node.getparent()
    if parent is not None and node.tag in _DROPPED:
        parent.remove(node)
