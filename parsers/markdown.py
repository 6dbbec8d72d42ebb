"""Markdown (CommonMark with tables): the text of its blocks is replaced in place; code, addresses, front matter and HTML stay."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from markdown_it.token import Token

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import CorruptDocumentError, DocumentTooLargeError, LostMarkupError, UnsafeDocumentError
from parsers.encoding import DecodedText, decode
from parsers.inline import Inline
from parsers.markdown_inline import MAX_NESTING, atoms, parser
from parsers.text import encoded

MAX_BYTES = 10_000_000

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n|\r|\n)(?:[^\r\n]*(?:\r\n|\r|\n))*?\1[ \t]*(?:\r\n|\r|\n|\Z)")
_SPECIAL = re.compile(r"[\\`*\[\]<~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|!(?=\[)")
_BLOCK_START = re.compile(r"(?:#{1,6}|[-+>]|=+|-+)(?=\s|$)|>|\d{1,9}(?=[.)](?:\s|$))")


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of one block: its range in the file, and its markup; `is_cell` says that it stands in a table."""

    start: int
    end: int
    inline: Inline
    is_cell: bool


class MarkdownParser:
    """Reads each paragraph, heading and cell as a block; a paragraph's lines become one where its text changes.

    The output is in UTF-8, or with `keep_encoding` in the encoding of the file. A translation whose marks would read otherwise than they
    did is not written.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:  # noqa: ARG002 - none chooses the blocks
        """Return the texts of the file."""
        return Document(tuple(text.inline.block for text in _texts(_decode(data).text)))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:  # noqa: ARG002 - no language stands in the file
        """Return the file with its texts replaced; the very same bytes where none changed.

        Raises:
            LostMarkupError: a mark would be lost, or text would become one.
            ValueError: the blocks are not those of this file.
        """
        decoded = _decode(data)
        parts, position = [], 0
        for text, block in zip(_texts(decoded.text), blocks, strict=True):
            if block != text.inline.block:
                parts += [decoded.text[position : text.start], _rendered(text, block)]
                position = text.end
        if not parts:
            return data
        result = "".join([*parts, decoded.text[position:]])
        _check_conserved(decoded.text, result)
        return encoded(decoded, result, options)


def _decode(data: bytes) -> DecodedText:
    """Return the file's text."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of Markdown; split the file")
    return decode(data)


def _tokens(source: str) -> tuple[list[Token], int]:
    """Return the tokens of the file, and where they begin: behind its front matter."""
    found = _FRONT_MATTER.match(source)
    start = found.end() if found else 0
    tokens = parser().parse(source[start:])
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        raise UnsafeDocumentError(f"blocks are nested more than {MAX_NESTING - 1} deep")
    return tokens, start


def _texts(source: str) -> Iterator[_Text]:
    """Yield the texts of the file in order."""
    tokens, start = _tokens(source)
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
            yield _Text(places[0], places[-1], inline, is_cell)


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


def _rendered(text: _Text, block: Block) -> str:
    """Return a translated block as Markdown."""

    def escape(plain: str) -> str:
        marked = _SPECIAL.sub(lambda found: "\\" + found[0], plain)
        return marked.replace("|", "\\|") if text.is_cell else marked

    written = text.inline.render(block, escape).strip()
    found = _BLOCK_START.match(written)
    if not found or text.inline.block.text[:1] == block.text[:1]:
        return written
    place = found.end() if found[0].isdigit() else 0
    return f"{written[:place]}\\{written[place:]}"


def _check_conserved(source: str, result: str) -> None:
    """Compare what a reader of both files would make of them, beside the text.

    Raises:
        LostMarkupError: a block is another one, or an inline mark is lost or came in.
    """
    before, after = _outline(source), _outline(result)
    if [kind for kind, _ in before] != [kind for kind, _ in after]:
        raise LostMarkupError("the translated text would have other blocks (lists, headings, tables); report this file as a defect")
    for (_, old), (_, new) in zip(before, after, strict=True):
        if old - new or set(new) != set(old):
            lost = next(iter(old - new or new - old))
            raise LostMarkupError(f"the mark {' '.join(lost).strip()[:60]!r} would be lost or come in; report this file as a defect")


def _outline(source: str) -> list[tuple[tuple[object, ...], Counter[tuple[str, ...]]]]:
    """Return the blocks of a file, and the marks of each, without texts and places."""
    tokens, _ = _tokens(source)
    return [(_block_of(token), Counter(_marks(token.children or []))) for token in tokens]


def _block_of(token: Token) -> tuple[object, ...]:
    """Return what a block is."""
    return token.type, token.tag, token.info, "" if token.type == "inline" else token.content, str(token.attrs)


def _marks(tokens: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    """Yield the marks among inline tokens."""
    for token in tokens:
        if token.type not in ("text", "text_special", "softbreak"):
            content = token.content if token.type in ("code_inline", "html_inline") else ""
            yield token.type, content, str({name: value for name, value in token.attrs.items() if name != "alt"})
            yield from _marks(token.children or [])
