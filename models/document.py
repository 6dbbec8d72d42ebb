"""What a parser reads and writes: blocks of plain text with the inline codes that lie over them.

How a parser and `pipeline/weave.py` agree on inline formatting:

- The parser reads a block: spans in document order that tile its text, each with a code of its own. `Span.path` says in which inline
  elements the slot lies (bold, a link, a run of other format than most of the paragraph). Two slots of one path look alike to a reader.
- A block whose slots must stay where they are (`movable` is False) comes back with the same codes in the same order.
- A block that is `movable` may come back with its codes in another order, and with a code more than once: the order of its spans is that
  of the translation. Each code comes back at least once, with an empty range where no word is left for it. The parser moves the slot,
  with the elements around it, or makes a copy of them where they come apart. Elements that lay in each other still do.
- A span of no length in a block that was read is an anchor: a node without text, as a note reference or an image. It comes back once.
- `Span.kind` says what else stays as it is: breaks, results of fields and text that is not to be translated come back once, with their
  text, and take no other.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum


class SpanKind(StrEnum):
    r"""What a span stands for.

    TEXT is text to translate. BREAK is a line break or a tab, the character `\n` or `\t`. FIELD is a result without words which the
    application computes again, as a page number. KEPT is text that comes out as it went in; what stands for it in the block may be a
    stand-in such as `QX1`, which the parser replaces. ANCHOR has no text and belongs to the character before it.
    """

    TEXT = "text"
    BREAK = "break"
    FIELD = "field"
    KEPT = "kept"
    ANCHOR = "anchor"


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
    kind: SpanKind = field(default=SpanKind.TEXT, compare=False)


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
    """A file as its parser sees it: its translatable blocks in reading order, and codes of what its translation cannot keep."""

    blocks: tuple[Block, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What of a file is text to translate; each parser heeds what its format has. The blocks of a file depend on them.

    Word: `comments` are translated; `properties` are title, subject and the like; `graphics` are charts and SmartArt; `numbering` sets
    the labels that Word counts, such as 第一章, in English; `hidden_text` is text that is marked as hidden; `accept_revisions` writes the
    document with its tracked changes accepted; text in a style, a character style or a highlight colour of `dnt_styles` (names as Word
    shows them) is left as it is.
    HTML and text: `keep_encoding` writes the encoding that was read instead of UTF-8.
    Text: `rejoin_lines` takes a paragraph that is wrapped at a column for one.
    """

    comments: bool = False
    properties: bool = True
    graphics: bool = True
    numbering: bool = True
    hidden_text: bool = False
    accept_revisions: bool = False
    dnt_styles: tuple[str, ...] = ()
    keep_encoding: bool = False
    rejoin_lines: bool = True

    def to_json(self) -> dict[str, object]:
        """Return the fields as JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "ReadOptions":
        """Return the options that `to_json` gave; a field that is missing has its default, one that is unknown is a TypeError."""
        known = {item.name for item in fields(cls)}
        if unknown := values.keys() - known:
            raise TypeError(f"unknown read options: {', '.join(sorted(unknown))}")
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})  # type: ignore[arg-type]


DEFAULT_OPTIONS = ReadOptions()
