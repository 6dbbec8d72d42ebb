import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, ReadOptions
from models.errors import DocumentTooLargeError, EmptyFileError, InputError, LostMarkupError, UnsafeDocumentError
from parsers.markdown import MAX_BYTES, MarkdownParser
from tests.parsers.pseudo import parts, retold, slotwise

DATA = Path(__file__).parents[1] / "data" / "markdown"


def blocks(source: str) -> list[Block]:
    return list(MarkdownParser().read(source.encode()).blocks)


def slots(source: str) -> list[list[str]]:
    return [parts(block) for block in blocks(source)]


def texts(source: str) -> list[str]:
    return [block.text for block in blocks(source)]


def write(source: str, *targets: list[str | tuple[int, str]]) -> str:
    told = [retold(block, target) for block, target in zip(blocks(source), targets, strict=True)]
    return MarkdownParser().write(source.encode(), told, "en").decode()


def test_file_is_translated_as_the_golden_file_shows(golden: Callable[[Path, bytes], None]) -> None:
    data = (DATA / "readme.md").read_bytes()
    golden(DATA / "expected" / "readme.md", MarkdownParser().write(data, [slotwise(block) for block in blocks(data.decode())], "en"))


def test_file_without_a_changed_block_comes_back_byte_for_byte() -> None:
    data = (DATA / "readme.md").read_bytes().replace(b"\n", b"\r\n")
    assert MarkdownParser().write(data, MarkdownParser().read(data).blocks, "en") == data


def test_marks_are_slots_and_code_and_addresses_are_anchors() -> None:
    assert slots("见**粗*斜*体**和`代码`，[链接](甲.md)、<http://a.b>。") == [
        ["见", "粗", "斜", "体", "和", "", "，", "链接", "、", "", "。"]
    ]


def test_lines_of_a_paragraph_are_one_text_and_become_one_line() -> None:
    assert texts("> 第一行\n> 第二行\n") == ["第一行第二行"]
    assert write("> 第一行\n> 第二行\n> \n> - 甲\n>   乙\n", ["One two."], ["A b"]) == "> One two.\n> \n> - A b\n"


def test_hard_break_is_kept() -> None:
    assert write("甲  \n  乙\\\n丙", ["a", "\n", "b", "\n", "c"]) == "a  \n  b\\\nc"


@pytest.mark.parametrize(
    "source",
    [
        "---\ntitle: 甲\n---\n",
        "+++\ntitle = '甲'\n+++\n",
        "```\n甲\n```\n",
        "~~~ 甲\n甲\n",
        "    甲\n",
        "<div>\n甲\n</div>\n",
        "<!-- 甲 -->\n",
        "[甲]: http://a.b '乙'\n",
        "`甲`\n",
        "| `甲` |\n|---|\n",
        "---\n",
    ],
)
def test_what_is_no_text_is_not_read(source: str) -> None:
    assert texts(source) == []


def test_rule_at_the_start_is_no_front_matter_unless_it_ends() -> None:
    assert texts("---\n甲\n\n乙") == ["甲", "乙"]


def test_cells_of_a_table_keep_their_bars() -> None:
    source = "| 甲\\|乙 | 甲 |\n|---|---|\n| 丙 `a\\|b` | |\n"
    assert slots(source) == [["甲|乙"], ["甲"], ["丙 ", ""]]
    assert write(source, ["a|b"], ["A"], ["c ", ""]) == "| a\\|b | A |\n|---|---|\n| c `a\\|b` | |\n"


def test_references_keep_their_labels() -> None:
    source = "[甲]、[乙][]和[丙][甲]\n\n[甲]: a\n[乙]: b\n"
    assert write(source, ["A", ", ", "B", " and ", "C"]) == "[A][甲], [B][乙] and [C][甲]\n\n[甲]: a\n[乙]: b\n"


def test_box_of_a_task_stays() -> None:
    assert write("- [x] 甲\n- [ ] 乙\n", ["", "a"], ["", "b"]) == "- [x] a\n- [ ] b\n"


def test_code_gets_the_spaces_that_english_wants() -> None:
    assert write("运行`pip`命令，见`a`。", ["Run", "", "the command, see", "", "."]) == "Run `pip` the command, see `a`."


def test_marks_move_with_their_words_and_blanks_go_outside() -> None:
    source = "他**昨天**来了[这里](u)"
    assert write(source, [(0, "He came"), (3, " here "), (2, ""), (1, "yesterday ")]) == "He came [here](u) **yesterday** "[:-1]


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("> a", "\\> a"),
        ("+ a", "\\+ a"),
        ("a * b", "a \\* b"),
        ("[a](b)", "\\[a\\](b)"),
        ("a_b _c_", "a_b \\_c\\_"),
        ("`a` <b> &amp; &", "\\`a\\` \\<b> \\&amp; &"),
        ("~~a~~ \\", "\\~\\~a\\~\\~ \\\\"),
        ("---", "\\---"),
        ("#a 1.5 -5", "#a 1.5 -5"),
    ],
)
def test_text_that_looks_like_a_mark_does_not_become_one(target: str, wanted: str) -> None:
    assert write("甲", [target]) == wanted
    assert texts(wanted) == [target]


@pytest.mark.parametrize(
    ("source", "targets", "wanted"),
    [
        ("甲**乙**丙", ["a", "“b”", "c"], "a“b”c"),
        ("甲**乙**丙", ["a", "", "c"], "ac"),
        ("甲**乙**丙*丁*", ["a", "“b”", "c ", "d"], "a“b”c *d*"),
        ("甲**乙*丙*丁**", ["a", " “b", "(c)", "d"], "a **“b(c)d**"),
        ("<b>甲*乙</b>丙*<br>丁", ["a", "(b", "c)", "", "d"], "<b>a(b</b>c)<br>d"),
        ("~~甲~~乙", ["(a)", "b"], "(a)b"),
        ("> 甲  \n> 乙", ["a", "\n", ""], "> a"),
        ("甲\\\n乙", ["a", "\n", ""], "a"),
        ("**甲**乙", ["“a”", "b"], "“a”b"),
    ],
)
def test_mark_that_would_not_be_read_as_one_is_left_out_and_told(source: str, targets: list[str], wanted: str) -> None:
    told = [retold(blocks(source)[0], targets)]
    assert MarkdownParser().write(source.encode(), told, "en").decode() == wanted
    assert MarkdownParser().incomplete(source.encode(), told) == {0}


def test_only_the_blocks_that_lost_a_mark_are_told() -> None:
    source = "甲**乙**\n\n- [ ] 甲**乙**`x`[丙](u)\n\n丁"
    read = blocks(source)
    told = [retold(read[0], ["a ", "b"]), retold(read[1], ["", "a", "“b”", "", "c"]), read[2]]
    assert MarkdownParser().write(source.encode(), told, "en").decode() == "a **b**\n\n- [ ] a“b” `x` [c](u)\n\n丁"
    assert MarkdownParser().incomplete(source.encode(), told) == {1}


@pytest.mark.parametrize("start", ["- b", "1. b", "# b", "> b", "==="])
def test_text_behind_a_line_break_starts_no_block(start: str) -> None:
    written = write("甲  \n乙", ["a", "\n", start])
    assert slots(written) == [["a", "\n", start]]


def test_pieces_of_code_that_come_to_touch_are_kept_apart() -> None:
    assert write("`甲`和`乙`", ["", "", ""]) == "`甲` `乙`"


def test_encoding_is_kept_where_that_is_wanted() -> None:
    data = "# 我们的公司\r\n".encode("gb18030")
    told = [retold(MarkdownParser().read(data).blocks[0], ["我们"])]
    assert MarkdownParser().write(data, told, "en", ReadOptions(keep_encoding=True)) == "# 我们\r\n".encode("gb18030")


def test_empty_huge_and_deep_files_are_refused() -> None:
    with pytest.raises(EmptyFileError):
        texts("")
    with pytest.raises(DocumentTooLargeError, match="10 MB"):
        MarkdownParser().read(b" " * (MAX_BYTES + 1))
    with pytest.raises(UnsafeDocumentError, match="deep"):
        texts(">" * 200 + "甲")


def test_paragraph_of_brackets_is_refused() -> None:
    assert len(texts("[" * 500)) == 1
    with pytest.raises(UnsafeDocumentError, match="500 brackets"):
        texts("![" * 501)


@pytest.mark.parametrize("depth", [20, 200])
def test_images_in_images_take_little_time(depth: int) -> None:
    started = time.perf_counter()
    with suppress(InputError, RecursionError):
        texts("![" * depth + "甲" + "](u)" * depth)
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("source", ["[", "*a_", "![", "`a``", "<a ", "&", "\\", "> ", "- ", "|", "a\n", "---\r", "**", "[a](", "<!--"])
def test_hostile_file_takes_little_time(source: str) -> None:
    started = time.perf_counter()
    with suppress(InputError):
        texts("甲\n\n" + source * (20_000 // len(source)))
        texts(source * (20_000 // len(source)))
    assert time.perf_counter() - started < 20


PIECES = [
    "甲",
    "乙\n",
    "\n",
    "**",
    "*",
    "_",
    "`",
    "[",
    "](u)",
    "]",
    "- ",
    "> ",
    "# ",
    "1. ",
    "|",
    "|\n|-|-|\n",
    "<b>",
    "</b>",
    "&lt;",
    "\\",
    " ",
    "    ",
    "!",
    "~~",
    "\t",
    "---",
]


def check_whole_or_refused(source: str) -> None:
    """Check that a file comes back when nothing changed, and that one whose text changed is whole or refused."""
    read = blocks(source)
    assert MarkdownParser().write(source.encode(), read, "en") == source.encode()
    shouted = [slotwise(block, lambda text: text.replace("甲", "X")) for block in read]
    with suppress(LostMarkupError):
        written = MarkdownParser().write(source.encode(), shouted, "en").decode()
        assert [text.replace(" ", "") for text in texts(written)] == [block.text.replace(" ", "") for block in shouted]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
def test_any_file_comes_back_when_nothing_changed_and_else_is_whole_or_refused(pieces: list[str]) -> None:
    check_whole_or_refused("始" + "".join(pieces))
