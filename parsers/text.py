"""Plain text: every line is a block."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.document import Block, Document, Span
from models.errors import DocumentTooLargeError
from parsers.encoding import decode

MAX_BYTES = 50_000_000

_NEWLINE = re.compile(r"\r\n|\r|\n")
_TABS = re.compile(r"(\t)")


@dataclass(frozen=True, slots=True)
class _Line:
    """The range of a line's text in the file, without the white space around it, which stays as it is."""

    start: int
    end: int


class TextParser:
    """Reads each line that is not blank as a block; its indentation, trailing spaces and newline stay in the file.

    The output is in UTF-8, whatever the input was in, and keeps a byte order mark.
    """

    def read(self, data: bytes) -> Document:
        """Return the lines of the file."""
        text = _decode(data)
        return Document(tuple(_block(text[line.start : line.end]) for line in _lines(text)))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str) -> bytes:  # noqa: ARG002 - plain text names no language
        """Return the file with its lines replaced; the very same bytes where no line changed.

        Raises:
            ValueError: the blocks are not those of this file.
        """
        decoded = decode(data)
        lines = list(_lines(decoded.text))
        parts, position, changed = [], 0, False
        for line, block in zip(lines, blocks, strict=True):
            changed |= block.text != decoded.text[line.start : line.end]
            parts += [decoded.text[position : line.start], block.text]
            position = line.end
        return decoded.encode("".join([*parts, decoded.text[position:]])) if changed else data


def _decode(data: bytes) -> str:
    """Return the file's text."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of text; split the file")
    return decode(data).text


def _lines(text: str) -> Iterator[_Line]:
    """Yield the lines that hold text."""
    start = 0
    for end in [match.span() for match in _NEWLINE.finditer(text)] + [(len(text), len(text))]:
        line = text[start : end[0]]
        if stripped := line.strip():
            lead = len(line) - len(line.lstrip())
            yield _Line(start + lead, start + lead + len(stripped))
        start = end[1]


def _block(text: str) -> Block:
    """Return a line as a block, each tab in a span of its own."""
    spans, position = [], 0
    for code, part in enumerate(filter(None, _TABS.split(text))):
        spans.append(Span(position, position + len(part), code))
        position += len(part)
    return Block(text, tuple(spans))
