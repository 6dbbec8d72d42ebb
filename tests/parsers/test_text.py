from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Span
from models.errors import CorruptDocumentError, DocumentTooLargeError, EmptyFileError
from parsers.html_blocks import block_of
from parsers.text import MAX_BYTES, TextParser
from tests.parsers.pseudo import pseudo_translated

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "text"


def texts(data: bytes) -> list[str]:
    return [block.text for block in TextParser().read(data).blocks]


def translated(data: bytes) -> bytes:
    return TextParser().write(data, [pseudo_translated(block) for block in TextParser().read(data).blocks], "en")


@pytest.mark.parametrize("name", ["mixed.txt", "traditional.txt", "wrapped.txt"])
def test_text_is_translated_as_the_golden_file_shows(name: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(DATA / "expected" / name, translated((DATA / name).read_bytes()))


def test_example_notice_is_translated_as_the_golden_file_shows(golden: Callable[[Path, bytes], None]) -> None:
    golden(DATA / "expected" / "notice.txt", translated((ROOT / "examples" / "notice.txt").read_bytes()))


def test_each_line_with_text_is_a_block_without_the_white_space_around_it() -> None:
    assert texts("\u3000\u3000甲  \n\n \t\n乙".encode()) == ["甲", "乙"]


def test_tab_inside_a_line_is_a_span_of_its_own() -> None:
    (block,) = TextParser().read("甲\t\t乙".encode()).blocks
    assert block.spans == (Span(0, 1, 0), Span(1, 2, 1), Span(2, 3, 2), Span(3, 4, 3))


def test_newlines_indentation_and_blank_lines_stay_as_they_are() -> None:
    assert translated("\r\n\u3000甲 \r\n\r乙\n\n\t丙".encode()) == "\r\n\u3000[甲] \r\n\r[乙]\n\n\t[丙]".encode()


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n"])
def test_end_of_the_file_stays_as_it_is(end: bytes) -> None:
    assert translated("甲".encode() + end) == "[甲]".encode() + end


def test_output_is_utf_8_with_a_byte_order_mark_only_if_there_was_one() -> None:
    assert translated("我们的公司".encode("gb18030")) == "[我们的公司]".encode()
    assert translated("我们的公司".encode("utf-16")) == "[我们的公司]".encode("utf-8-sig")


def test_file_without_a_changed_line_comes_back_byte_for_byte() -> None:
    data = "我们的公司\r\n".encode("gb18030")
    assert TextParser().write(data, TextParser().read(data).blocks, "en") == data


def test_blocks_of_another_file_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        TextParser().write("甲".encode(), [block_of(["A"]), block_of(["B"])], "en")


def test_file_of_white_space_has_no_blocks_and_an_empty_one_is_refused() -> None:
    assert texts(b"\xef\xbb\xbf \n") == []
    with pytest.raises(EmptyFileError):
        texts(b"")


def test_binary_and_huge_files_are_refused() -> None:
    with pytest.raises(CorruptDocumentError):
        texts(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" * 20)
    with pytest.raises(DocumentTooLargeError, match="50 MB"):
        texts(b" " * (MAX_BYTES + 1))


@given(st.text(st.sampled_from("甲乙 \u3000\t\r\nA。"), min_size=1), st.booleans())
def test_any_text_keeps_everything_but_its_lines(text: str, bom: bool) -> None:
    data = text.encode("utf-8-sig" if bom else "utf-8")
    assert TextParser().write(data, TextParser().read(data).blocks, "en") == data
    assert translated(data).decode().replace("[", "").replace("]", "") == data.decode()
