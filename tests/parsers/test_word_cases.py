"""One small document for each thing a Word document can hold: what is read of it, and what is written, against golden files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.document import Block, ReadOptions, SpanKind
from parsers.word import WordParser
from tests.parsers.minimal_docx import STYLES, docx, part, rewritten

DATA = Path(__file__).parents[1] / "data" / "word"
OPTIONS = {
    "tracked-changes-accepted": ReadOptions(accept_revisions=True),
    "hidden-text-shown": ReadOptions(hidden_text=True),
    "not-to-be-translated": ReadOptions(dnt_styles=("heading 9", "Code", "yellow")),
}
SOURCES = {"tracked-changes-accepted": "tracked-changes", "hidden-text-shown": "hidden-text"}
CASES = sorted({path.stem for path in (DATA / "cases").glob("*.xml")} | OPTIONS.keys())
_MARKS = {SpanKind.TEXT: "", SpanKind.BREAK: "", SpanKind.FIELD: "field ", SpanKind.KEPT: "kept ", SpanKind.ANCHOR: "anchor"}


@pytest.mark.parametrize("case", CASES)
def test_a_document_is_read_and_written_as_the_golden_file_shows(case: str, golden: Callable[[Path, bytes], None]) -> None:
    source = docx((DATA / "cases" / f"{SOURCES.get(case, case)}.xml").read_text(encoding="utf-8").strip(), styles=STYLES)
    options = OPTIONS.get(case, ReadOptions())
    parser = WordParser()
    blocks = parser.read(source, options).blocks
    result = parser.write(source, [rewritten(block, lambda text: f"[{text}]") for block in blocks], "en", options)
    lines = [*map(shown, blocks), "", part(result).replace("><w:", ">\n<w:"), ""]
    golden(DATA / "expected" / f"{case}.txt", "\n".join(lines).encode())


@pytest.mark.parametrize("case", CASES)
def test_a_document_that_was_not_translated_keeps_its_bytes(case: str) -> None:
    source = docx((DATA / "cases" / f"{SOURCES.get(case, case)}.xml").read_text(encoding="utf-8").strip(), styles=STYLES)
    options = OPTIONS.get(case, ReadOptions())
    assert options.accept_revisions or WordParser().write(source, WordParser().read(source, options).blocks, "en", options) == source


def shown(block: Block) -> str:
    """Return a block in one line: its slots between bars, each with its elements and kind."""
    slots = [
        f"{'.'.join(map(str, span.path))}:{_MARKS[span.kind]}{block.text[span.start : span.end]!r}".replace("anchor''", "anchor")
        for span in block.spans
    ]
    return f"{'movable' if block.movable else 'fixed'} | {' | '.join(slots)}"
