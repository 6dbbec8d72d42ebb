"""Lines from a stream."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InputError
from pipeline.lines import BATCH_LINES, line_batches


def reader(chunks: Iterable[bytes]) -> Callable[[int], bytes]:
    left = iter(chunks)
    return lambda _: next(left, b"")


def lines(*chunks: bytes) -> list[str]:
    return [line for batch in line_batches(reader(chunks)) for line in batch]


def test_line_is_yielded_before_the_next_one_is_read() -> None:
    def chunks() -> Iterable[bytes]:
        yield "你好\n".encode()
        raise AssertionError("read on before the first line was answered")

    assert next(line_batches(reader(chunks()))) == ["你好"]


def test_long_input_goes_in_batches() -> None:
    sizes = [len(batch) for batch in line_batches(reader([b"a\n" * (BATCH_LINES + 1)]))]
    assert sizes == [BATCH_LINES, 1]


def test_blank_lines_line_ends_and_byte_order_mark_are_seen() -> None:
    assert lines(b"\xef\xbb\xbf", b"a\r\n\n", b" \nb") == ["a", "", " ", "b"]


def test_other_separators_do_not_end_a_line() -> None:
    assert lines("a\u2028b\x0cc\x85d\n".encode()) == ["a\u2028b\x0cc\x85d"]


def test_bytes_that_are_not_utf8_fail_with_their_line() -> None:
    for bad in ([b"\xff\n"], [b"a", b"\xff"], [b"\xe5"]):
        with pytest.raises(InputError, match=r"not UTF-8 in line 1$"):
            lines(*bad)
    with pytest.raises(InputError, match=r"not UTF-8 in line 3$"):
        lines(b"a\n", b"b\n\xff\n")


def test_cut_off_character_at_the_end_fails() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        lines("好".encode()[:2])


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\ufeff", exclude_categories=["Cs"]))), st.integers(1, 7))
def test_any_cut_of_the_stream_gives_the_same_lines(expected: list[str], size: int) -> None:
    data = "".join(f"{line}\n" for line in expected).encode()
    assert lines(*[data[start : start + size] for start in range(0, len(data), size)]) == expected
