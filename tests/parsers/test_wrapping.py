"""Lines of plain text that are one paragraph, and those that are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import ReadOptions
from models.errors import OutputError
from parsers.html_blocks import block_of
from parsers.text import TextParser
from parsers.wrapping import width

WRAPPED = """\
关于召开年度工作总结会议的通知

　　根据公司年度工作安排，为全面总结今年以来各项工作的完成情况，
进一步部署明年的重点任务，经研究决定，于十二月二十日召开年度工
作总结会议。请各部门提前准备好书面材料，并于会议前一周报送办公
室。

　　会议结束后将组织参观新厂房，请参会人员自备雨具，并在集合地点
准时上车。
"""


def texts(source: str, *, rejoin: bool = True) -> list[str]:
    return [block.text for block in TextParser().read(source.encode(), ReadOptions(rejoin_lines=rejoin)).blocks]


def test_paragraphs_that_are_wrapped_at_a_column_are_blocks() -> None:
    title, first, second = texts(WRAPPED)
    assert title == "关于召开年度工作总结会议的通知"
    assert first.startswith("根据公司")
    assert "完成情况，进一步部署明年的重点任务" in first
    assert first.endswith("年度工作总结会议。请各部门提前准备好书面材料，并于会议前一周报送办公室。")
    assert second == "会议结束后将组织参观新厂房，请参会人员自备雨具，并在集合地点准时上车。"


def test_option_takes_every_line_for_itself() -> None:
    assert len(texts(WRAPPED, rejoin=False)) == 7


@pytest.mark.parametrize("mark", ["- ", "* ", "•  ", "1. ", "(2) ", "3) ", "## ", "> ", "① ", "> - "])
def test_mark_of_a_list_stays_in_the_file(mark: str) -> None:
    assert TextParser().write(f"  {mark}甲".encode(), [block_of(["A"])], "en").decode() == f"  {mark}A"


@pytest.mark.parametrize("line", ["1.5 米", "一、总则", "第一条 总则", "-5 度", "---", "（一）甲", "#甲"])
def test_beginning_of_a_line_that_must_be_read_is_in_the_block(line: str) -> None:
    assert texts(line) == [line]


def test_translation_is_wrapped_at_the_same_column() -> None:
    blocks = [block_of([text]) for text in ("Notice", "word " * 60, "short")]
    written = TextParser().write(WRAPPED.encode(), blocks, "en").decode()
    lines = written.split("\n")
    assert lines[:3] == ["Notice", "", "　　" + " ".join(["word"] * 12)]
    assert lines[3] == " ".join(["word"] * 13)
    assert max(map(width, lines)) <= 64
    assert lines[-3:] == ["", "　　short", ""]


def test_words_between_latin_letters_are_joined_with_a_space() -> None:
    source = (
        "这个程序是用 Python 语言写成的，它的文档生成工具名叫 Sphinx\n"
        "and 它的测试工具的名字是 pytest，二者都可以在这里下载到。安装\n"
        "之后请阅读说明。\n"
    )
    assert texts(source) == [source.replace("Sphinx\nand", "Sphinx and").replace("\n", "")]


@pytest.mark.parametrize(
    "source",
    [
        "白日依山尽，\n黄河入海流。\n欲穷千里目，\n更上一层楼。\n",
        "第一段很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长。\n第二段短。\n第三段也不长，只有这么一些字。\n",
        "- 第一项的内容写得很长很长很长很长很长很长很长很长很长长\n- 第二项的内容写得很长很长很长很长很长很长很长很长很长长\n- 第三项\n",
        "1. 第一项的内容写得很长很长很长很长很长很长很长很长很长长\n2. 第二项的内容写得很长很长很长很长很长很长很长很长很长长\n3. 第三项\n",
        "姓名    年龄    部门    电话    地址    备注    编号\n"
        "张三    二十    财务    一二    北京    没有    〇一\n"
        "李四    三十    人事    三四    上海    没有    〇二\n",
        "| 姓名姓名姓名姓名姓名 | 年龄年龄年龄年龄年龄年龄 |\n| 张三张三张三张三张三 | 二十二十二十二十二十二十 |\n| 李四 | 三 |\n",
    ],
)
def test_verse_lists_and_tables_keep_their_lines(source: str) -> None:
    assert texts(source) == [line.strip().removeprefix("- ").lstrip("123. ") for line in source.splitlines()]


def test_item_of_a_list_goes_on_under_its_text() -> None:
    source = (
        "- 这是列表的第一项，它的文字很多，所以在固定的列宽处折行，折行\n"
        "  以后与上一行的文字对齐，这样看起来就很整齐，第二行也写得满满\n"
        "  的。\n- 第二项。\n"
    )
    assert len(texts(source)) == 2
    written = TextParser().write(source.encode(), [block_of(["word " * 20]), block_of(["Two."])], "en").decode()
    first, second, *rest = written.splitlines()
    assert first.startswith("- word word")
    assert second.startswith("  word")
    assert width(first) <= 62 >= width(second)
    assert rest == ["- Two."]


@given(st.text(st.sampled_from("甲乙丙 。，\n\n\rA-1"), max_size=400))
def test_any_text_comes_back_when_nothing_changed(text: str) -> None:
    data = ("始" + text).encode()
    assert TextParser().write(data, TextParser().read(data).blocks, "en") == data


@given(st.lists(st.text(st.sampled_from("甲乙丙，A "), min_size=28, max_size=34), min_size=3, max_size=9))
def test_joined_lines_hold_every_character_of_the_file(lines: list[str]) -> None:
    source = "始" + "\n".join(lines)
    assert "".join("".join(texts(source)).split()) == "".join(source.split())


def test_encoding_is_kept_where_that_is_wanted_and_can_hold_the_translation() -> None:
    options = ReadOptions(keep_encoding=True)
    parser, data = TextParser(), "我們的公司在這裡\r\n".encode("big5")
    assert parser.write(data, [block_of(["Here，it is"])], "en", options) == "Here，it is\r\n".encode("big5")
    with pytest.raises(OutputError, match=r"has no '😀' \(U\+1F600\)"):
        parser.write("我們的公司在這裡，我們的".encode("big5"), [block_of(["😀"])], "en", options)
    assert parser.write("我们的公司".encode("gbk"), [block_of(["naïve 😀"])], "en", options) == "naïve 😀".encode("gb18030")
