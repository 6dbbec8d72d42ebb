"""The example report: made by its script, rich in what a Word document can hold, and read in full."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from parsers.word import WordParser
from tests.data.word import make_report
from tests.parsers.minimal_docx import part, texts, translated

REPORT = Path(__file__).parents[2] / "examples" / "report.docx"


def test_the_report_is_what_its_script_makes() -> None:
    with ZipFile(REPORT) as committed, ZipFile(BytesIO(make_report.build())) as made:
        assert sorted(committed.namelist()) == sorted(made.namelist())
        for name in ("word/document.xml", "word/header1.xml", "word/footer1.xml", "word/footnotes.xml"):
            assert committed.read(name) == made.read(name), f"{name}: run python -m tests.data.word.make_report"


def test_the_report_is_read_in_full() -> None:
    found = texts(REPORT.read_bytes())
    paragraphs = (*make_report.BACKGROUND, *make_report.RESULTS, make_report.AFTER_TABLE, *make_report.LESSONS, *make_report.PLANS)
    for pieces in paragraphs:
        kinds = [(piece, "") if isinstance(piece, str) else piece for piece in pieces]
        assert "".join(text for text, kind in kinds if kind != "note") in found
    assert {cell for row in make_report.INDICATORS for cell in row} <= set(found)
    assert all(found.count(point) == 2 for point in make_report.KEY_POINTS)  # a drawing, and its fallback
    assert found[-5:-2] == [f"{make_report.COMPANY}\t{make_report.TITLE}", "内部资料，请勿外传\t第 1 页，共 2 页", f" {make_report.NOTE}"]


def test_a_translated_report_keeps_its_fields_note_and_link() -> None:
    data = REPORT.read_bytes()
    result = translated(data, lambda text: text.replace("项目", "project"))
    for node in ("<w:footnoteReference ", "<w:hyperlink ", "<w:instrText ", "<w:numPr", "<w:tblHeader"):
        assert part(result).count(node) == part(data).count(node)
    assert "project" in part(result)
    assert WordParser().write(data, WordParser().read(data).blocks, "en") == data
