"""What a parser reads and writes: blocks of plain text with the inline codes that lie over them.

How a parser and `pipeline/weave.py` agree on inline formatting:

- The parser reads a block: spans in document order that tile its text, each with a code of its own. `Span.path` says in which inline
  elements the slot lies (bold, a link, a run of other format than most of the paragraph). Two slots of one path look alike to a reader.
- A block whose slots must stay where they are (`movable` is False) comes back with the same codes in the same order.
- A block that is `movable` may come back with its codes in another order, and with a code more than once: the order of its spans is that
  of the translation. Each code comes back at least once, with an empty range where no word is left for it. The parser moves the slot,
  with the elements around it, or makes a copy of them where they come apart. Elements that lay in each other still do.
- A span of no length in a block that was read is an anchor: a node without text, as a note reference or an image. It comes back once.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a block's text that belongs to one inline slot of the file: a docx `w:t`, an HTML text node, a break.

    Offsets count characters of `Block.text`; `end` is exclusive. `code` is the parser's own number for the slot, unique in a block that was
    read. `path` are the parser's numbers for the inline elements around the slot, outermost first; () is plain text of the block. The slots
    in one element stand next to each other in a block that was read.
    """

    start: int
    end: int
    code: int
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    r"""A paragraph-like unit: the text a translator sees, and the slots it is cut into.

    The spans tile the text: the first starts at 0, each next one starts where the last ended, the last ends at `len(text)`. A line break
    or a tab is the character `\n` or `\t` in the text, alone in a span of its own. `movable` says that the parser can write the slots in
    another order than it read them.
    """

    text: str
    spans: tuple[Span, ...]
    movable: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A file as its parser sees it: its translatable blocks in reading order."""

    blocks: tuple[Block, ...]
