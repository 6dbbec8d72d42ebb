"""Text that arrives as a stream of lines: batches of what is there already, so that one line is answered at once and many go together."""

import codecs
from collections.abc import Callable, Iterator, Sequence

from models.errors import InputError

BATCH_LINES = 64
_CHUNK_BYTES = 1 << 16


def line_batches(read: Callable[[int], bytes]) -> Iterator[list[str]]:
    """Yield the lines of a UTF-8 stream without their ends, in lists of up to BATCH_LINES, as soon as they are there.

    `read` returns between one and n bytes without waiting for more than the first, and none at the end of the stream. Only LF and CRLF end
    a line; the last one may lack its end.

    Raises:
        InputError: a line is not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest, done = "", 0
    while chunk := read(_CHUNK_BYTES):
        *lines, rest = (rest + _decode(decoder, chunk, done)).split("\n")
        done += len(lines)
        yield from _batches([line.removesuffix("\r") for line in lines])
    rest += _decode(decoder, b"", done, final=True)
    if rest:
        yield [rest]


def _batches(lines: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(lines), BATCH_LINES):
        yield list(lines[start : start + BATCH_LINES])


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, done: int, *, final: bool = False) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        line = done + error.object[: error.start].count(b"\n") + 1
        raise InputError(f"the input is not UTF-8 in line {line}") from error
