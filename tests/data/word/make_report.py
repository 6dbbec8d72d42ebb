"""Makes examples/report.docx, a Chinese business report: `python -m tests.data.word.make_report`.

python-docx writes body, header and footer; the footnotes, the text box and the fields are XML of our own.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_ALIGN_VERTICAL, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

OUTPUT = Path(__file__).parents[3] / "examples" / "report.docx"
STAMP = (2026, 1, 15, 9, 0, 0)
BLUE, GREY, PALE = "1F4E79", "595959", "DEEAF6"
LATIN, SONG, HEI = "Calibri", "宋体", "黑体"
COMPANY, TITLE = "启明供应链管理有限公司", "2025 年度智能仓储项目总结报告"
SHAPE = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
LINK = "https://example.com/wiki/smart-warehouse"

# A piece of a paragraph is text, or a pair of text and what it is.
Piece = str | tuple[str, str]

NOTE = "库存准确率指盘点时账面数量与实际数量一致的货位占全部货位的比例，数据取自仓储管理系统每月末的盘点记录。"
KEY_POINTS = (
    "全年处理订单 1,742 万单，同比增长 35.5%，高峰期未发生一起爆仓事故。",
    "平均出库时间由 47 分钟缩短至 28 分钟，客户满意度创历史新高。",
    "项目累计投入 3,260 万元，预计两年零三个月收回全部投资。",
)
BACKGROUND: tuple[Sequence[Piece], ...] = (
    (
        "近三年来，公司电商客户的订单量年均增长超过三成，而传统仓库依靠人工拣选，",
        ("差错率高、人员流动大", "bold"),
        "，每逢“双十一”等促销节点，临时用工成本往往翻倍。为从根本上解决这一问题，董事会于 2024 年 9 月批准实施智能仓储改造项目，首期在",
        ("苏州、成都和天津", "bold"),
        "三个区域中心同步推进。",
    ),
    (
        "项目的总体目标可以概括为一句话：",
        ("用更少的搬运，换取更快的响应", "italic"),
        "。具体而言，就是以自动导引车和智能调度系统替代重复劳动，把库存准确率",
        ("1", "note"),
        "提高到 99.5% 以上，并让仓库员工从体力工作转向设备管理与质量控制。",
    ),
)
RESULTS: tuple[Sequence[Piece], ...] = (
    (
        "截至 2025 年 12 月底，三个中心的改造工程已全部通过验收，共投入自动导引车 168 台、高密度货架 4.2 万个货位。主要运营指标",
        ("全面超过年初设定的目标", "bold"),
        "，其中单均仓储成本下降 21.0%，相当于全年节约费用约 ",
        ("2,500 万元", "bold"),
        "。各项指标与上年的对比见下表，完整数据可在",
        ("项目知识库", "link"),
        "中查阅。",
    ),
)
INDICATORS = (
    ("指标", "2024 年", "2025 年", "变化"),
    ("订单处理量（万单）", "1,286", "1,742", "增长 35.5%"),
    ("平均出库时间（分钟）", "47", "28", "缩短 40.4%"),
    ("库存准确率", "98.2%", "99.7%", "提高 1.5 个百分点"),
    ("单均仓储成本（元）", "6.85", "5.41", "下降 21.0%"),
    ("客户满意度", "91.4%", "95.8%", "提高 4.4 个百分点"),
)
AFTER_TABLE: Sequence[Piece] = (
    "值得一提的是，苏州中心在 11 月 11 日当天处理订单 38.6 万单，刷新了公司单仓单日纪录，而当天的临时用工人数仅为上年同期的",
    ("四分之一", "bold"),
    "。客户代表在回访中评价说：“",
    ("过去我们最担心的是大促之后的退货积压，今年这个问题基本消失了。", "italic"),
    "”",
)
LESSONS: tuple[Sequence[Piece], ...] = (
    (("数据先行。", "bold"), "成都中心在设备进场之前，用两个月时间清理了 11 万条商品主数据，后续联调因此比计划提前三周完成。"),
    (("分区切换。", "bold"), "改造期间仓库没有停业，每次只切换一个库区，新旧系统并行运行两周后再关闭旧系统，风险始终可控。"),
    (("人员转岗要早做准备。", "bold"), "天津中心的培训启动偏晚，投产首月有近两成设备故障需要厂家到场处理，影响了整体效率。"),
    (
        ("接口标准尚不统一。", "bold"),
        "目前三个中心采用了两家供应商的调度系统，库存数据仍需每晚",
        ("批量同步", "italic"),
        "，无法做到实时共享。",
    ),
)
PLANS: tuple[Sequence[Piece], ...] = (
    ("第一季度完成调度接口的统一改造，实现三地库存", ("实时共享", "bold"), "；"),
    ("第二季度启动武汉中心的二期工程，计划新增货位 1.8 万个，总投资控制在 ", ("1,150 万元", "bold"), "以内；"),
    ("全年组织不少于六期设备维护培训，关键岗位持证上岗率达到 100%；",),
    ("与高校合作研究销量预测模型，力争将缺货率降低到 0.8% 以下。",),
)
CLOSING: tuple[Sequence[Piece], ...] = (
    (
        "智能仓储不是一次性的设备采购，而是一项需要长期经营的能力。建议公司将该项目的运维费用纳入年度预算，并在二期立项时优先考虑",
        ("系统的开放性和可扩展性", "bold"),
        "。如对本报告有任何疑问，请联系运营管理部项目办公室。",
    ),
)


def main() -> None:
    """Write the report."""
    OUTPUT.write_bytes(build())


def build() -> bytes:
    """Return the report, the same on every run."""
    document = Document()
    for key, relationship in list(document.part.package.rels.items()):
        if relationship.reltype == RELATIONSHIP_TYPE.THUMBNAIL:  # a picture of python-docx's empty template
            del document.part.package.rels[key]
    _set_styles(document)
    _set_page(document)
    _write(document)
    document.part.relate_to(_footnotes(document), RELATIONSHIP_TYPE.FOOTNOTES)
    buffer = BytesIO()
    document.save(buffer)
    return _restamped(buffer.getvalue())


def _write(document: WordDocument) -> None:
    document.add_paragraph(style="Title").add_run(TITLE)
    document.add_paragraph(style="Subtitle").add_run(f"{COMPANY}　运营管理部　2026 年 1 月 15 日")
    document.add_paragraph()._p.append(_text_box("核心结论", KEY_POINTS))
    document.add_heading("一、项目背景", 1)
    _add_all(document, "Normal", BACKGROUND)
    document.add_heading("二、主要成果", 1)
    _add_all(document, "Normal", RESULTS)
    _add_caption(document)
    _add_table(document)
    _add_all(document, "Normal", (AFTER_TABLE,))
    document.add_heading("三、经验与问题", 1)
    _add_all(document, "List Number", LESSONS)
    document.add_heading("四、下一步计划", 1)
    _add_all(document, "List Bullet", PLANS)
    document.add_heading("五、结语", 1)
    _add_all(document, "Normal", CLOSING)


def _set_styles(document: WordDocument) -> None:
    _set_font(_style(document, "Normal"), 10.5, SONG)
    _set_font(_style(document, "Title"), 22, HEI, BLUE)
    _set_font(_style(document, "Subtitle"), 11, SONG, GREY)
    _set_font(_style(document, "Heading 1"), 14, HEI, BLUE)
    _set_font(_style(document, "Caption"), 9.5, HEI, GREY)
    _style(document, "Subtitle").font.italic = False
    for name in ("Title", "Subtitle", "Caption"):
        _style(document, name).paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for border in _style(document, "Title").element.iter(qn("w:pBdr")):
        border.getparent().remove(border)
    for name in ("Normal", "List Number", "List Bullet"):
        layout = _style(document, name).paragraph_format
        layout.line_spacing, layout.space_after = 1.4, Pt(4)
    _style(document, "Heading 1").paragraph_format.space_before = Pt(12)
    _style(document, "Heading 1").paragraph_format.space_after = Pt(4)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def _style(document: WordDocument, name: str) -> ParagraphStyle:
    style = document.styles[name]
    assert isinstance(style, ParagraphStyle)
    return style


def _set_font(style: ParagraphStyle, size: float, east_asian: str, colour: str = "000000") -> None:
    style.font.name, style.font.size, style.font.color.rgb = LATIN, Pt(size), RGBColor.from_string(colour)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), east_asian)


def _set_page(document: WordDocument) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.6)
    section.top_margin, section.bottom_margin = Cm(2.6), Cm(2.2)
    header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
    for paragraph in (header, footer):
        _style(document, paragraph.style.name).paragraph_format.tab_stops.clear_all()
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(15.8), WD_TAB_ALIGNMENT.RIGHT)
    _small(header, f"{COMPANY}\t{TITLE}")
    header._p.get_or_add_pPr().append(
        parse_xml(f'<w:pBdr {nsdecls("w")}><w:bottom w:val="single" w:sz="6" w:space="4" w:color="{BLUE}"/></w:pBdr>')
    )
    _small(footer, "内部资料，请勿外传\t第 ")
    _add_field(footer, "PAGE", "1")
    _small(footer, " 页，共 ")
    _add_field(footer, "NUMPAGES", "2")
    _small(footer, " 页")
    document.core_properties.title, document.core_properties.author = TITLE, COMPANY
    document.core_properties.created = document.core_properties.modified = datetime(*STAMP, tzinfo=UTC)


def _small(paragraph: Paragraph, text: str) -> Run:
    run = _add_run(paragraph, text)
    run.font.size, run.font.color.rgb = Pt(9), RGBColor.from_string(GREY)
    return run


def _add_all(document: WordDocument, style: str, paragraphs: Sequence[Sequence[Piece]]) -> None:
    for pieces in paragraphs:
        paragraph = document.add_paragraph(style=style)
        if style == "Normal":
            paragraph.paragraph_format.first_line_indent = Pt(21)
        for piece in pieces:
            text, kind = (piece, "") if isinstance(piece, str) else piece
            ADDERS.get(kind, _add_run)(paragraph, text)


def _add_run(paragraph: Paragraph, text: str) -> Run:
    run = paragraph.add_run(text)
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:hint"), "eastAsia")
    return run


def _add_bold(paragraph: Paragraph, text: str) -> None:
    _add_run(paragraph, text).bold = True


def _add_italic(paragraph: Paragraph, text: str) -> None:
    _add_run(paragraph, text).italic = True


def _add_link(paragraph: Paragraph, text: str) -> None:
    target = paragraph.part.relate_to(LINK, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = parse_xml(f'<w:hyperlink {nsdecls("w", "r")} r:id="{target}" w:history="1"/>')
    run = _add_run(paragraph, text)
    run.underline, run.font.color.rgb = True, RGBColor.from_string("0563C1")
    paragraph._p.append(link)
    link.append(run._r)


def _add_note(paragraph: Paragraph, text: str) -> None:
    run = paragraph.add_run()
    run.font.superscript = True
    run._r.append(parse_xml(f'<w:footnoteReference {nsdecls("w")} w:id="{text}"/>'))


ADDERS: dict[str, Callable[[Paragraph, str], object]] = {
    "bold": _add_bold,
    "italic": _add_italic,
    "link": _add_link,
    "note": _add_note,
}


def _add_field(paragraph: Paragraph, code: str, result: str) -> None:
    field = parse_xml(
        f"""<w:p {nsdecls("w")}><w:fldChar w:fldCharType="begin"/><w:instrText xml:space="preserve"> {code} </w:instrText>
        <w:fldChar w:fldCharType="separate"/><w:t>{result}</w:t><w:fldChar w:fldCharType="end"/></w:p>"""
    )
    for content in list(field):
        _small(paragraph, "")._r.append(content)


def _add_caption(document: WordDocument) -> None:
    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    _add_run(caption, "表 ")
    _add_field(caption, "SEQ 表 \\* ARABIC", "1")
    _add_run(caption, "　主要运营指标对比")


def _add_table(document: WordDocument) -> None:
    table = document.add_table(rows=len(INDICATORS), cols=len(INDICATORS[0]), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.rows[0]._tr.get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
    for row, values in zip(table.rows, INDICATORS, strict=True):
        for column, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            _fill(cell, value, is_head=values is INDICATORS[0], is_first=column == 0)
    _set_widths(table, (5.0, 3.0, 3.0, 4.4))
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _fill(cell: _Cell, value: str, *, is_head: bool, is_first: bool) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if is_first and not is_head else WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = Pt(2), 1.2
    run = _add_run(paragraph, value)
    run.bold = is_head
    if is_head:
        run.font.color.rgb = RGBColor.from_string("FFFFFF")
        cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="{BLUE}"/>'))


def _set_widths(table: Table, widths: Sequence[float]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)
            cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER


def _text_box(title: str, points: Sequence[str]) -> BaseOxmlElement:
    """Return a run with a text box as Word writes it: a drawing, and VML for programs that know no drawings."""
    width, height = 15.8, 3.2  # cm
    shape = f'''<wps:wsp><wps:cNvSpPr txBox="1"/>
        <wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{Cm(width)}" cy="{Cm(height)}"/></a:xfrm>
          <a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="{PALE}"/></a:solidFill>
          <a:ln w="9525"><a:solidFill><a:srgbClr val="{BLUE}"/></a:solidFill></a:ln></wps:spPr>
        <wps:txbx>{_box_content(title, points)}</wps:txbx>
        <wps:bodyPr lIns="144000" tIns="90000" rIns="144000" bIns="72000"><a:spAutoFit/></wps:bodyPr></wps:wsp>'''
    drawing = f'''<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">
        <wp:extent cx="{Cm(width)}" cy="{Cm(height)}"/><wp:docPr id="1" name="文本框 1" descr="{title}"/><wp:cNvGraphicFramePr/>
        <a:graphic><a:graphicData uri="{SHAPE}">{shape}</a:graphicData></a:graphic></wp:inline></w:drawing>'''
    fallback = f"""<w:pict><v:rect style="width:{width}cm;height:{height}cm" fillcolor="#{PALE}" strokecolor="#{BLUE}">
        <v:textbox>{_box_content(title, points)}</v:textbox></v:rect></w:pict>"""
    return parse_xml(
        f'''<w:r {nsdecls("w", "a", "wp")} xmlns:wps="{SHAPE}" xmlns:v="urn:schemas-microsoft-com:vml"
        xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>
        <mc:Choice Requires="wps">{drawing}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r>'''
    )


def _box_content(title: str, points: Sequence[str]) -> str:
    layout = '<w:spacing w:after="40" w:line="300" w:lineRule="auto"/>'
    font = f'<w:rFonts w:eastAsia="{HEI}" w:hint="eastAsia"/>'
    head = f'<w:p><w:pPr>{layout}</w:pPr><w:r><w:rPr>{font}<w:b/><w:color w:val="{BLUE}"/></w:rPr><w:t>{title}</w:t></w:r></w:p>'
    run = '<w:r><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t>{}</w:t></w:r>'
    rows = "".join(f"<w:p><w:pPr>{layout}</w:pPr>{run.format(point)}</w:p>" for point in points)
    return f"<w:txbxContent>{head}{rows}</w:txbxContent>"


def _footnotes(document: WordDocument) -> Part:
    small = '<w:rPr><w:rFonts w:hint="eastAsia"/><w:sz w:val="18"/></w:rPr>'
    raised = '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
    rules = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for number, kind in ((-1, "separator"), (0, "continuationSeparator"))
    )
    note = f'<w:r>{raised}<w:footnoteRef/></w:r><w:r>{small}<w:t xml:space="preserve"> {NOTE}</w:t></w:r>'
    xml = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:footnotes {nsdecls("w")}>{rules}<w:footnote w:id="1"><w:p>{note}</w:p></w:footnote></w:footnotes>"""
    document.settings.element.insert(
        0, parse_xml(f'<w:footnotePr {nsdecls("w")}><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>')
    )
    return Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, xml.encode(), document.part.package)


def _restamped(data: bytes) -> bytes:
    """Return the package with fixed time stamps, so that it does not change from run to run."""
    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(buffer, "w") as target:
        for name in source.namelist():
            info = ZipInfo(name, STAMP)
            info.compress_type = ZIP_DEFLATED
            target.writestr(info, source.read(name))
    return buffer.getvalue()


if __name__ == "__main__":
    main()
