"""Setting text in a Word part, and refusing to lose anything else."""

import pytest

from models.document import Block, Span
from models.errors import LostMarkupError, OutputError
from parsers.word import WordParser
from parsers.word_check import census, check_conserved
from parsers.word_parts import parse
from tests.parsers.minimal_docx import docx, p, part, r, story, texts, translated


@pytest.mark.parametrize(("text", "written"), [(" a", True), ("a ", True), ("a", False), ("a b", False), ("　a", False)])
def test_white_space_at_an_edge_is_preserved_on_writing(text: str, written: bool) -> None:
    result = translated(docx("<w:p><w:r><w:t>甲</w:t></w:r></w:p>"), lambda _: text)
    opening = '<w:t xml:space="preserve">' if written else "<w:t>"
    assert f"{opening}{text}</w:t>" in part(result)
    assert texts(result) == [text]


def test_characters_that_xml_forbids_do_not_reach_the_document() -> None:
    result = translated(docx(p("甲")), lambda _: "a\x00\x0bb\x1fc\ud800d\ufffee\nf\tg<&>\x85h")
    assert texts(result) == ["a bcde f g<&> h"]


def test_a_slot_may_become_empty_and_the_paragraph_stays() -> None:
    result = translated(docx(p("甲", r("乙", "<w:rPr><w:b/></w:rPr>")) + p("丙")), lambda text: "" if text == "乙" else text)
    assert part(result).count("<w:r>") == 3
    assert texts(result) == ["甲", "丙"]


def test_changed_runs_lose_the_east_asian_hint_and_get_the_language() -> None:
    properties = '<w:rPr><w:rFonts w:eastAsia="宋体" w:hint="eastAsia"/><w:lang w:val="zh-CN" w:eastAsia="zh-TW"/></w:rPr>'
    result = part(translated(docx(p(r("甲", properties)) + p(r("7", properties))), lambda text: text.replace("甲", "a")))
    assert '<w:rPr><w:rFonts w:eastAsia="宋体"/><w:lang w:val="en-US" w:eastAsia="zh-TW"/></w:rPr><w:t xml:space="preserve">a' in result
    assert f'{properties}<w:t xml:space="preserve">7' in result


def test_a_language_mark_goes_where_the_schema_wants_it() -> None:
    properties = "<w:rPr><w:b/><w:eastAsianLayout/><w:specVanish/></w:rPr>"
    result = part(translated(docx(p(r("甲", properties))), lambda _: "a", "de"))
    assert '<w:rPr><w:b/><w:lang w:val="de"/><w:eastAsianLayout/><w:specVanish/></w:rPr>' in result


def test_an_east_asian_target_keeps_the_hint_and_sets_its_own_language() -> None:
    properties = '<w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr>'
    result = part(translated(docx(p(r("甲", properties))), lambda _: "乙", "ja"))
    assert '<w:rPr><w:rFonts w:hint="eastAsia"/><w:lang w:eastAsia="ja-JP"/></w:rPr>' in result


def test_a_changed_control_is_cut_from_its_data_and_the_others_are_not() -> None:
    control = '<w:sdt><w:sdtPr><w:dataBinding w:xpath="/{0}"/></w:sdtPr><w:sdtContent>{1}</w:sdtContent></w:sdt>'
    result = part(translated(docx(control.format("a", p("甲")) + control.format("b", p("7"))), lambda text: text.replace("甲", "x")))
    assert 'w:xpath="/a"' not in result
    assert 'w:xpath="/b"' in result


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("a\tb", ((0, 1, 0), (1, 2, 1))),
        ("a\tb", ((0, 1, 0), (1, 2, 2), (2, 3, 1))),
        ("a\tb", ((0, 1, 0), (1, 2, 1), (2, 2, 2))),
        ("a\tb", ((0, 1, 0), (2, 3, 1), (2, 3, 2))),
        ("a\tb", ((0, 2, 0), (2, 1, 1), (1, 3, 2))),
    ],
)
def test_a_block_with_other_slots_is_refused(text: str, spans: tuple[tuple[int, int, int], ...]) -> None:
    data = docx("<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r></w:p>")
    with pytest.raises(OutputError, match="its slots are not those of the paragraph '甲"):
        WordParser().write(data, [Block(text, tuple(Span(*span) for span in spans))], "en")


def test_a_block_that_moves_a_break_is_refused() -> None:
    data = docx("<w:p><w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r></w:p>")
    with pytest.raises(OutputError, match="it moves a break or tab of the paragraph"):
        WordParser().write(data, [Block("a\tb", (Span(0, 2, 0), Span(2, 3, 1), Span(3, 3, 2)))], "en")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<w:instrText>PAGE</w:instrText>", "<w:instrText>PAGES</w:instrText>"),
        ('<w:drawing w:id="1"/>', '<w:drawing w:id="2"/>'),
        ("<w:tab/>", ""),
        ("", "<w:tab/>"),
        ('<w:rPr><w:b/><w:rFonts w:ascii="A"/></w:rPr>', "<w:rPr><w:b/></w:rPr>"),
        ("<w:rPr><w:b/></w:rPr>", "<w:rPr/>"),
        ("<!--a-->", ""),
        ("<w:t>a</w:t>", ""),
    ],
)
def test_a_part_that_lost_or_gained_a_node_is_not_written(old: str, new: str) -> None:
    before, after = (parse("a.xml", story("hdr", f"<w:p><w:r>{run}</w:r></w:p>").encode()).tree.getroot() for run in (old, new))
    with pytest.raises(LostMarkupError, match=r"a\.xml would have (lost|gained)"):
        check_conserved("a.xml", census(before), census(after))


def test_text_language_and_hint_may_change() -> None:
    runs = ("<w:t>a</w:t>", '<w:rPr><w:lang w:val="en"/></w:rPr><w:t xml:space="preserve">b </w:t>')
    before, after = (parse("a.xml", story("hdr", f"<w:p><w:r>{run}</w:r></w:p>").encode()).tree.getroot() for run in runs)
    check_conserved("a.xml", census(before), census(after))
