"""Plain text: every paragraph is a block, which is a line or lines that are wrapped at a column."""

import re
from collections.abc import Sequence

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions, Span, SpanKind
from models.errors import DocumentTooLargeError, OutputError
from parsers.encoding import DecodedText, decode
from parsers.whitespace import collapse_value
from parsers.wrapping import Line, paragraphs, rewrapped, split_lines

MAX_BYTES = 50_000_000

_TABS = re.compile(r"(\t)")


class TextParser:
    """Reads each line that is not blank as a block; its indentation, list mark, trailing spaces and newline stay in the file.

    With the option `rejoin_lines`, lines of a paragraph that is wrapped at a column are one block, and its translation is wrapped at that
    column. The output is in UTF-8, whatever the input was in, and keeps a byte order mark; with `keep_encoding` it is in the same encoding.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:
        """Return the paragraphs of the file."""
        groups, _ = _paragraphs(_decode(data).text, options)
        return Document(tuple(_block(lines) for lines in groups))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:  # noqa: ARG002 - plain text names no language
        """Return the file with its paragraphs replaced; the very same bytes where none changed.

        Raises:
            ValueError: the blocks are not those of this file.
            OutputError: the file's encoding, which is to be kept, lacks a character of the translation.
        """
        decoded = _decode(data)
        groups, column = _paragraphs(decoded.text, options)
        parts, position = [], 0
        for lines, block in zip(groups, blocks, strict=True):
            if block.text != _block(lines).text:
                text = block.text if len(lines) == 1 else rewrapped(block.text, lines, column)
                parts += [decoded.text[position : lines[0].start], text]
                position = lines[-1].end
        if not parts:
            return data
        return encoded(decoded, "".join([*parts, decoded.text[position:]]), options)


def encoded(decoded: DecodedText, text: str, options: ReadOptions) -> bytes:
    """Return the new text of a file in UTF-8, or in the file's own encoding.

    Raises:
        OutputError: that encoding lacks a character of the text.
    """
    if not options.keep_encoding:
        return decoded.encode(text)
    try:
        return decoded.encode_as_it_was(text)
    except UnicodeEncodeError as error:
        missing = f"{text[error.start]!r} (U+{ord(text[error.start]):04X})"
        raise OutputError(f"{decoded.encoding} has no {missing}, which the translation uses; write it in UTF-8") from error


def _decode(data: bytes) -> DecodedText:
    """Return the file's text."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of text; split the file")
    return decode(data)


def _paragraphs(text: str, options: ReadOptions) -> tuple[list[list[Line]], int]:
    """Return the lines of each paragraph of a text, and the column where they are wrapped."""
    lines = list(split_lines(text))
    return paragraphs(lines) if options.rejoin_lines else ([[line] for line in lines if line], 0)


def _block(lines: Sequence[Line]) -> Block:
    """Return a paragraph as a block, each tab in a span of its own."""
    text = lines[0].text if len(lines) == 1 else collapse_value("\n".join(line.text for line in lines)).text
    spans, position = [], 0
    for code, part in enumerate(filter(None, _TABS.split(text))):
        kind = SpanKind.BREAK if part == "\t" else SpanKind.TEXT
        spans.append(Span(position, position + len(part), code, kind=kind))
        position += len(part)
    return Block(text, tuple(spans))
