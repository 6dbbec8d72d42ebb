"""Labels that Word counts, in English."""

import pytest

from models.document import ReadOptions
from parsers.word import WordParser
from parsers.word_numbering import label
from tests.parsers.minimal_docx import W, docx, p, part, rewritten


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第%1章", "Chapter %1"),
        ("第%1.%2节", "Section %1.%2"),
        ("%1、", "%1."),
        ("（%2）", "(%2)"),
        ("%3．", "%3."),
        ("附录%1", "Appendix %1"),
        ("图 %1-%2：", "Figure %1-%2:"),
        ("%1.%2", "%1.%2"),
        ("第%1类", "第%1类"),
        ("●", "●"),
    ],
)
def test_labels_are_known_or_stay_as_they_are(text: str, expected: str) -> None:
    assert label(text) == expected


def level(form: str, text: str, suffix: str = "") -> str:
    return f'<w:lvl w:ilvl="0"><w:numFmt w:val="{form}"/>{suffix}<w:lvlText w:val="{text}"/></w:lvl>'


def numbered(*levels: str) -> bytes:
    return docx(p("正文"), numbering=f'<w:numbering xmlns:w="{W}"><w:abstractNum>{"".join(levels)}</w:abstractNum></w:numbering>')


def labels_after(data: bytes, options: ReadOptions | None = None, lang: str = "en") -> str:
    parser, options = WordParser(), options or ReadOptions()
    blocks = [rewritten(block, lambda _: "Text") for block in parser.read(data, options).blocks]
    return part(parser.write(data, blocks, lang, options), "word/numbering1.xml")


def test_chinese_counting_becomes_decimal_and_what_is_not_known_stays_whole() -> None:
    nothing = '<w:suff w:val="nothing"/>'
    source = [level("chineseCountingThousand", "第%1章"), level("chineseCounting", "%1、", nothing), level("ideographTraditional", "%1．")]
    target = [level("decimal", "Chapter %1"), level("decimal", "%1. ", nothing), level("upperLetter", "%1.")]
    stays = [level("chineseCounting", "第%1类"), level("bullet", "●"), level("decimal", "%1.%2")]
    assert "".join(target + stays) in labels_after(numbered(*source, *stays))


def test_labels_stay_in_other_languages_by_option_and_where_nothing_is_translated() -> None:
    data = numbered(level("chineseCounting", "第%1章"))
    assert labels_after(data, lang="de") == labels_after(data, ReadOptions(numbering=False)) == part(data, "word/numbering1.xml")
    assert WordParser().write(data, WordParser().read(data).blocks, "en") == data
