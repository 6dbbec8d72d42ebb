"""Which text of a part is found, and how it is cut into slots."""

import pytest

from models.document import Block, Span
from parsers.word import WordParser
from tests.parsers.minimal_docx import docx, field, field_mark, p, part, r, shout, story, text_box, texts, translated


def test_each_text_node_of_a_paragraph_is_a_span_of_one_block() -> None:
    (block,) = WordParser().read(docx(p("营业", r("收入", "<w:rPr><w:b/></w:rPr>"), "增长"))).blocks
    assert block == Block("营业收入增长", (Span(0, 2, 0), Span(2, 4, 1, (1,)), Span(4, 6, 2)), movable=True)


def test_tabs_and_breaks_are_characters_in_spans_of_their_own() -> None:
    run = "<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t><w:br/><w:cr/><w:ptab/><w:t>丙</w:t></w:r>"
    (block,) = WordParser().read(docx(f"<w:p>{run}</w:p>")).blocks
    assert [block.text[span.start : span.end] for span in block.spans] == ["甲", "\t", "乙", "\n", "\n", "\t", "丙"]


def test_a_tab_stop_in_the_paragraph_properties_is_no_text() -> None:
    assert texts(docx(p('<w:pPr><w:tabs><w:tab w:val="left" w:pos="420"/></w:tabs></w:pPr>', "正文"))) == ["正文"]


@pytest.mark.parametrize(
    "wrapper",
    [
        "<w:hyperlink>{}</w:hyperlink>",
        "<w:ins>{}</w:ins>",
        "<w:moveTo>{}</w:moveTo>",
        "<w:smartTag>{}</w:smartTag>",
        "<w:customXml>{}</w:customXml>",
        "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
        '<w:fldSimple w:instr="TITLE">{}</w:fldSimple>',
        "<w:ins><w:hyperlink><w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt></w:hyperlink></w:ins>",
    ],
)
def test_runs_are_found_in_whatever_wraps_them(wrapper: str) -> None:
    assert texts(docx(p("前", wrapper.format(r("中")), "后"))) == ["前中后"]


@pytest.mark.parametrize(
    "wrapper",
    [
        "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>",
        "<w:customXml>{}</w:customXml>",
        "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>",
        "<w:tbl><w:tr><w:sdt><w:sdtContent><w:tc>{}</w:tc></w:sdtContent></w:sdt></w:tr></w:tbl>",
        "<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>",
    ],
)
def test_paragraphs_are_found_in_tables_and_controls(wrapper: str) -> None:
    assert texts(docx(p("前") + wrapper.format(p("中")) + p("后"))) == ["前", "中", "后"]


@pytest.mark.parametrize(
    "node",
    [
        "<w:del><w:r><w:delText>删</w:delText><w:t>删</w:t></w:r></w:del>",
        "<w:moveFrom><w:r><w:t>移</w:t></w:r></w:moveFrom>",
        "<w:r><w:instrText> PAGE </w:instrText></w:r>",
        "<m:oMath><m:r><m:t>x</m:t><w:t>x</w:t></m:r></m:oMath>",
        "<m:oMathPara><m:oMath><m:r><w:t>x</w:t></m:r></m:oMath></m:oMathPara>",
        '<w:r><w:noBreakHyphen/><w:softHyphen/><w:sym w:char="F0A7"/><w:footnoteReference w:id="1"/></w:r>',
        "<w:r><w:lastRenderedPageBreak/></w:r>",
        "<w:r><w:t/><w:t></w:t><w:t>  </w:t></w:r>",
    ],
)
def test_what_no_reader_sees_as_text_is_not_read(node: str) -> None:
    assert texts(docx(p("前", node, "后"))) == ["前后"]


def test_of_ruby_the_base_is_read_and_the_annotation_is_not() -> None:
    ruby = f"<w:r><w:ruby><w:rubyPr/><w:rt>{r('hàn')}</w:rt><w:rubyBase>{r('汉')}</w:rubyBase></w:ruby></w:r>"
    assert texts(docx(p(ruby, "字"))) == ["汉字"]


def test_a_text_box_is_no_part_of_its_paragraph_and_both_its_branches_are_blocks() -> None:
    assert texts(docx(p("锚前", text_box(p("框一"), p("框二")), "锚后"))) == ["锚前锚后", "框一", "框二", "框一", "框二"]


def test_a_text_box_hung_on_deleted_text_is_gone_with_it() -> None:
    assert texts(docx(p("留", f"<w:del>{text_box(p('框'))}</w:del>"))) == ["留"]


def test_runs_repeated_in_a_fallback_are_read_once() -> None:
    choice = '<mc:Choice Requires="w16se"><w:t>笑</w:t></mc:Choice>'
    twice = f"<w:r><mc:AlternateContent>{choice}<mc:Fallback><w:t>笑</w:t></mc:Fallback></mc:AlternateContent></w:r>"
    assert texts(docx(p("前", twice, "后"))) == ["前笑后"]


def test_of_a_field_the_result_is_read_and_the_code_is_not() -> None:
    hidden = (
        field_mark("begin") + r("码") + "<w:r><w:instrText>REF a</w:instrText></w:r>" + field_mark("separate") + r("果") + field_mark("end")
    )
    assert texts(docx(p("见", hidden, "。"))) == ["见果。"]


def test_a_field_nested_in_a_code_is_hidden_and_one_in_a_result_is_shown() -> None:
    in_code = field_mark("begin") + field("REF a", r("内")) + field_mark("separate") + r("外") + field_mark("end")
    assert texts(docx(p(in_code, field("HYPERLINK", r("甲") + field("PAGEREF", r("3")))))) == ["外甲3"]


def test_the_state_of_a_field_spans_paragraphs() -> None:
    start = p(field_mark("begin"), "<w:r><w:instrText>TOC</w:instrText></w:r>", "码")
    assert texts(docx(start + p("仍是码", field_mark("separate"), "目录一") + p("目录二", field_mark("end")) + p("正文"))) == [
        "目录一",
        "目录二",
        "正文",
    ]


def test_a_field_without_an_end_hides_nothing() -> None:
    assert texts(docx(p(field_mark("begin"), "一") + p(field("REF", r("二")), "三"))) == ["一", "二三"]


def test_an_end_without_a_field_is_passed_over() -> None:
    assert texts(docx(p(field_mark("end"), "一", field_mark("separate"), field_mark("end"), "二"))) == ["一二"]


def test_a_paragraph_without_letters_is_a_block_and_an_empty_one_is_not() -> None:
    assert texts(docx(p("2024 / 12") + p() + p("　") + p("<w:r><w:tab/></w:r>"))) == ["2024 / 12", "　", "\t"]


def test_spaces_that_word_drops_are_not_read() -> None:
    data = docx('<w:p><w:r><w:t>\n  甲\n 乙 </w:t></w:r><w:r><w:t xml:space="preserve"> 丙\n丁 </w:t></w:r></w:p>')
    assert texts(data) == ["甲  乙 丙 丁 "]


def test_text_behind_a_comment_is_read_and_written() -> None:
    data = docx("<w:p><w:r><w:t>abc<!-- note -->def</w:t></w:r></w:p>")
    assert texts(data) == ["abcdef"]
    assert '<w:t xml:space="preserve">ABCDEF<!-- note --></w:t>' in part(translated(data, shout))


def test_separators_of_notes_are_not_read() -> None:
    rules = "".join(f'<w:footnote w:type="{kind}">{p("线")}</w:footnote>' for kind in ("separator", "continuationSeparator"))
    notes = story("footnotes", f'{rules}<w:footnote w:id="1">{p("注一")}</w:footnote><w:footnote w:type="normal">{p("注二")}</w:footnote>')
    assert texts(docx(p("正文"), footnotes=notes)) == ["正文", "注一", "注二"]
