"""What is read beside the main text, and what options change."""

import pytest

from models.document import DEFAULT_OPTIONS, Block, ReadOptions, Span
from parsers.word import SIGNATURE_VOID, WordParser
from tests.parsers.minimal_docx import docx, p, part, parts_of, r, relationships, story, translated, zipped

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
CHART = f"""<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="{A}"><c:title><c:tx><c:rich>
<a:p><a:pPr><a:defRPr/></a:pPr>
<a:r><a:rPr lang="zh-CN" altLang="en-US" b="1"/><a:t>年度</a:t></a:r><a:r><a:rPr lang="en-US" b="1"/><a:t>销售</a:t></a:r>
</a:p></c:rich></c:tx></c:title>
<c:cat><c:strRef><c:f>Sheet1!$A$1</c:f><c:strCache><c:pt idx="0"><c:v>华东</c:v></c:pt></c:strCache></c:strRef></c:cat>
<c:val><c:numRef><c:numCache><c:pt idx="0"><c:v>12</c:v></c:pt></c:numCache></c:numRef></c:val></c:chartSpace>"""
DIAGRAM = f"""<dgm:dataModel xmlns:dgm="d" xmlns:a="{A}"><dgm:t><a:p>
<a:r><a:t> 第一步 </a:t></a:r><a:br/><a:r><a:t>准备</a:t></a:r></a:p></dgm:t></dgm:dataModel>"""
CORE = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>年度报告</dc:title><dc:creator>张三</dc:creator><cp:keywords/></cp:coreProperties>"""
KINDS = "http://schemas.openxmlformats.org/package/2006/relationships"


def rich() -> bytes:
    """Return a document with a comment, a chart, SmartArt and properties."""
    parts = parts_of(p("正文"))
    parts["word/_rels/document.xml.rels"] = relationships(
        ("comments", "comments.xml"), ("chart", "charts/chart1.xml"), ("diagramData", "diagrams/data1.xml")
    )
    core = f'<Relationship Id="c" Type="{KINDS}/metadata/core-properties" Target="docProps/core.xml"/>'
    parts["_rels/.rels"] = relationships(("officeDocument", "word/document.xml")).replace("</Relationships>", f"{core}</Relationships>")
    return zipped(
        parts
        | {
            "word/comments.xml": story("comments", f'<w:comment w:id="0">{p("批注")}</w:comment>'),
            "word/charts/chart1.xml": CHART,
            "word/diagrams/data1.xml": DIAGRAM,
            "docProps/core.xml": CORE,
        }
    )


def found(options: ReadOptions) -> list[str]:
    return [block.text for block in WordParser().read(rich(), options).blocks]


def test_charts_smartart_and_properties_are_read_and_comments_are_not() -> None:
    assert found(DEFAULT_OPTIONS) == ["正文", "年度销售", "华东", " 第一步 \n准备", "年度报告"]


@pytest.mark.parametrize(
    ("options", "others"),
    [
        (ReadOptions(properties=False), ["年度销售", "华东", " 第一步 \n准备"]),
        (ReadOptions(graphics=False), ["年度报告"]),
        (ReadOptions(graphics=False, properties=False, comments=True), ["批注"]),
    ],
)
def test_options_choose_the_parts(options: ReadOptions, others: list[str]) -> None:
    assert found(options) == ["正文", *others]


def test_charts_and_smartart_are_written_without_attributes_that_they_may_not_have() -> None:
    result = translated(rich(), lambda text: f" {text}x ")
    chart = part(result, "word/charts/chart1.xml")
    assert '<a:rPr lang="en-US" altLang="en-US" b="1"/><a:t> 年度销售x </a:t>' in chart
    assert "<c:f>Sheet1!$A$1</c:f>" in chart
    assert "<c:v> 华东x </c:v>" in chart
    assert "<c:v>12</c:v>" in chart
    assert '<a:r><a:rPr lang="en-US"/><a:t>  第一步 x </a:t></a:r>' in part(result, "word/diagrams/data1.xml")
    assert "<dc:title> 年度报告x </dc:title><dc:creator>张三</dc:creator>" in part(result, "docProps/core.xml")


def test_the_title_of_a_chart_is_one_text() -> None:
    source = rich()
    blocks = list(WordParser().read(source).blocks)
    assert blocks[1].text == "年度销售"
    blocks[1] = Block("Sales of the year", (Span(0, 17, 0),))
    assert "<a:t>Sales of the year</a:t>" in part(WordParser().write(source, blocks, "en"), "word/charts/chart1.xml")


def test_a_signed_document_is_read_with_a_warning() -> None:
    parts = parts_of(p("正文"))
    signature = f'<Relationship Id="s" Type="{KINDS}/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/>'
    parts["_rels/.rels"] = str(parts["_rels/.rels"]).replace("</Relationships>", f"{signature}</Relationships>")
    assert WordParser().read(zipped(parts)).warnings == (SIGNATURE_VOID,)
    assert WordParser().read(docx(p("正文"))).warnings == ()


def test_accepting_changes_writes_a_document_without_any_even_where_nothing_is_translated() -> None:
    options = ReadOptions(accept_revisions=True)
    data = docx(p("1", f"<w:ins>{r('2')}</w:ins>"), header=story("hdr", p("眉")))
    result = WordParser().write(data, WordParser().read(data, options).blocks, "en", options)
    assert "w:ins" not in part(result)
    assert part(result, "word/header1.xml") == part(data, "word/header1.xml")


def test_a_stand_in_never_reaches_the_document() -> None:
    options = ReadOptions(dnt_styles=("yellow",))
    data = docx(p("点击", r("保存", '<w:rPr><w:highlight w:val="yellow"/></w:rPr>'), "按钮"))
    (block,) = WordParser().read(data, options).blocks
    assert block.text == "点击QX1按钮"
    lost = Block("Click QX1 here", (Span(0, 9, 0), Span(9, 9, 1), Span(9, 14, 2)))
    result = part(WordParser().write(data, [lost], "en", options))
    assert "QX1" not in result
    assert result.index("Click") < result.index("保存") < result.index("here")


def test_a_stand_in_is_a_word_that_the_paragraph_does_not_have() -> None:
    data = docx(p("QX1型", r("保存", '<w:rPr><w:highlight w:val="yellow"/></w:rPr>')))
    (block,) = WordParser().read(data, ReadOptions(dnt_styles=("Yellow",))).blocks
    assert block.text == "QX1型QXX1"


def test_words_that_fall_on_a_page_number_go_beside_it() -> None:
    data = docx(p("第", f'<w:fldSimple w:instr="PAGE">{r("3")}</w:fldSimple>', "页"))
    for texts in (("Page", " 3 of", ""), ("Page 3", "", " of"), ("", "Page 3 of", ""), ("Page", "", "of")):
        ends = [sum(map(len, texts[: place + 1])) for place in range(3)]
        block = Block(
            "".join(texts), tuple(Span(end - len(text), end, code) for code, (end, text) in enumerate(zip(ends, texts, strict=True)))
        )
        result = WordParser().write(data, [block], "en")
        assert [item.text for item in WordParser().read(result).blocks] == ["Page 3 of"]
        assert f'PAGE">{r("3")}' in part(result)
