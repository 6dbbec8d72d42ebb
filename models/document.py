"""What a parser reads and writes: blocks of plain text with the inline codes that lie over them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a block's text that belongs to one inline slot of the file: a docx `w:t`, an HTML text node, a break.

    Offsets count characters of `Block.text`; `end` is exclusive. `code` is the parser's own number for the slot, unique in its block.
    """

    start: int
    end: int
    code: int


@dataclass(frozen=True, slots=True)
class Block:
    r"""A paragraph-like unit: the text a translator sees, and the slots it is cut into.

    The spans are in document order and tile the text: the first starts at 0, each next one starts where the last ended, the last
    ends at `len(text)`. A line break or a tab is the character `\n` or `\t` in the text, alone in a span of its own.
    """

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as its parser sees it: its translatable blocks in reading order."""

    blocks: tuple[Block, ...]
