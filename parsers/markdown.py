"""Markdown (CommonMark, tables, footnotes): the text of its blocks is replaced in place; code, addresses, front matter and HTML stay."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from markdown_it.token import Token

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import CorruptDocumentError, DocumentTooLargeError, UnsafeDocumentError
from parsers.encoding import DecodedText, decode
from parsers.inline import Inline
from parsers.markdown_check import Letters, Marks, Reader, check_conserved, letters_of, marks_of, without_breaks
from parsers.markdown_footnotes import DEFINITION_START, without_seams
from parsers.markdown_inline import DISPENSABLE, MAX_NESTING, atoms, parser
from parsers.text import encoded

MAX_BYTES = 10_000_000
MAX_TRIED = 100  # marks of one block: each is tried by reading the whole of it

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\r|\n)(?:[^\r\n]*(?:\r\n|\r|\n))*?\1[ \t]*(?:\r\n|\r|\n|\Z)")
_SPECIAL = re.compile(r"[\\`*\[\]<~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|!(?=\[)")
_BLOCK_START = re.compile(rf"(?:#{{1,6}}|[-+>]|=+|-+)(?=\s|$)|>|\d{{1,9}}(?=[.)](?:\s|$))|{DEFINITION_START}")


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of one block: its range in the file, its markup and what of it must not be lost; `is_cell`: it stands in a table."""

    start: int
    end: int
    inline: Inline
    marks: Marks
    is_cell: bool


@dataclass(frozen=True, slots=True)
class _Written:
    """A translated block of a file: its number, where it stood, its Markdown, and whether that has every mark."""

    number: int
    text: _Text
    markdown: str
    is_whole: bool


class MarkdownParser:
    """Reads each paragraph, heading and cell as a block; a paragraph's lines become one where its text changes.

    The output is in UTF-8, or with `keep_encoding` in the encoding of the file. An emphasis or a line break that Markdown would not read
    as one, as in `a**“b”**c`, is left out; a translation without one of its links, images, HTML tags or pieces of code is not written.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:  # noqa: ARG002 - none chooses the blocks
        """Return the texts of the file."""
        return Document(tuple(text.inline.block for text in _texts(_decode(data).text, {})))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:  # noqa: ARG002 - no language stands in the file
        """Return the file with its texts replaced; the very same bytes where none changed.

        Raises:
            LostMarkupError: a link, an image, HTML or code would be lost, or text would become one.
            ValueError: the blocks are not those of this file.
        """
        decoded = _decode(data)
        source = decoded.text
        parts, position = [], 0
        for item in _written(source, blocks):
            parts += [source[position : item.text.start], item.markdown]
            position = item.text.end
        if not parts:
            return data
        result = "".join([*parts, source[position:]])
        check_conserved(_tokens(source, {})[0], _tokens(result, {})[0])
        return encoded(decoded, result, options)

    def incomplete(self, data: bytes, blocks: Sequence[Block], options: ReadOptions = DEFAULT_OPTIONS) -> frozenset[int]:  # noqa: ARG002 - as above
        """Return the numbers of the blocks that `write` writes without some of their marks."""
        return frozenset(item.number for item in _written(_decode(data).text, blocks) if not item.is_whole)


def _decode(data: bytes) -> DecodedText:
    """Return the file's text."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of Markdown; split the file")
    return decode(data)


def _tokens(source: str, environment: dict[str, Any]) -> tuple[list[Token], int]:
    """Return the tokens of the file, and where they begin: behind its front matter; set the `references` of the environment."""
    found = _FRONT_MATTER.match(source)
    start = found.end() if found else 0
    tokens = parser().parse(source[start:], environment)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        raise UnsafeDocumentError(f"blocks are nested more than {MAX_NESTING - 1} deep")
    return tokens, start


def _texts(source: str, environment: dict[str, Any]) -> Iterator[_Text]:
    """Yield the texts of the file in order; set the environment as `_tokens` does."""
    tokens, start = _tokens(source, environment)
    lines = [match[0] for match in _LINE.finditer(source, start)]
    starts = list(accumulate(map(len, lines), initial=start))
    cursor = start
    for before, token in pairwise(tokens):
        if token.type != "inline" or not token.map or not token.content:
            continue
        is_cell = before.type in ("td_open", "th_open")
        cursor = max(cursor, starts[token.map[0]])
        places = _places(
            source, token, [(starts[n], starts[n] + len(lines[n].rstrip())) for n in range(*token.map)], cursor, is_cell=is_cell
        )
        cursor = places[-1]
        inline = Inline(atoms(source, places, token))
        if inline.block.text.strip():
            yield _Text(places[0], places[-1], inline, marks_of(token.children or []), is_cell)


def _places(source: str, token: Token, lines: Sequence[tuple[int, int]], cursor: int, *, is_cell: bool) -> list[int]:
    """Return for each character of a token's content, and its end, where it stands in the file; `lines` are ranges of it."""
    places: list[int] = []
    for line, (start, end) in zip(token.content.split("\n"), lines, strict=False):
        core = line.strip()
        place = end - len(core)
        if is_cell or not source.startswith(core, place) or place < start:
            core = core if not is_cell or source.find(core, cursor, end) >= 0 else core.replace("|", "\\|")
            place = source.find(core, max(cursor, start), end)
        if place < 0:
            raise CorruptDocumentError(f"the text {core[:40]!r} is not where it was read")
        lead = len(line) - len(line.lstrip())
        inside = [
            place + offset
            for offset, c in enumerate(core)
            if not (c == "\\" and core[offset + 1 : offset + 2] == "|" and "\\|" not in line)
        ]
        places += [place] * lead + inside + [place + len(core)] * (len(line) - lead - len(inside) + 1)
    return [*places[:-1], place + len(core)]


def _written(source: str, blocks: Sequence[Block]) -> Iterator[_Written]:
    """Yield the blocks that are other ones now; raise ValueError where they are not those of this file."""
    environment: dict[str, Any] = {}
    texts = list(_texts(source, environment))
    reader = Reader(parser(), environment.get("references", {}))
    for number, (text, block) in enumerate(zip(texts, blocks, strict=True)):
        if block == text.inline.block:
            continue
        markdown = _rendered(text, block, text.inline)
        is_whole = _is_read(reader, text, markdown, letters_of(text.inline, block), text.marks)
        yield _Written(number, text, markdown if is_whole else _without_marks(text, block, reader), is_whole)


def _without_marks(text: _Text, block: Block, reader: Reader) -> str:
    """Return a translated block with as many of its marks as Markdown reads as they are meant."""
    marks = text.inline.marks(DISPENSABLE)
    left_out = {number for mark in marks for number in mark}
    for mark in marks[:MAX_TRIED]:
        kept = left_out.difference(mark)
        inline = text.inline.without(kept)
        wanted = without_breaks(text.marks, sum(len(other) == 1 and kept.issuperset(other) for other in marks))
        if _is_read(reader, text, _rendered(text, block, inline), letters_of(inline, block), wanted):
            left_out = kept
    return _rendered(text, block, text.inline.without(left_out))


def _is_read(reader: Reader, text: _Text, markdown: str, letters: Letters, marks: Marks) -> bool:
    """Tell whether the reader of a translated block sees these letters and marks."""
    return reader.shows(markdown.replace("\\|", "|") if text.is_cell else markdown, letters, marks)


def _rendered(text: _Text, block: Block, inline: Inline) -> str:
    """Return a translated block as Markdown with the marks of `inline`."""

    def escape(plain: str) -> str:
        marked = _SPECIAL.sub(lambda found: "\\" + found[0], plain)
        return marked.replace("|", "\\|") if text.is_cell else marked

    written = without_seams(inline.render(block, escape)).strip()
    first, *rest = _split_at(written, inline.breaks)
    if text.inline.block.text[:1] != block.text[:1] or first.startswith("[^"):
        first = _escaped_start(first)
    return "".join([first, *(part if number % 2 == 0 else _escaped_start(part) for number, part in enumerate(rest))])


def _split_at(written: str, breaks: Sequence[str]) -> list[str]:
    """Return the lines of a text, and between them the breaks as they stand there."""
    return re.split(f"({'|'.join(map(re.escape, breaks))})", written) if breaks else [written]


def _escaped_start(line: str) -> str:
    """Return a line whose text does not start a block."""
    found = _BLOCK_START.match(line)
    if not found:
        return line
    place = found.end() if found[0][-1] in "]0123456789" else 0
    return f"{line[:place]}\\{line[place:]}"
