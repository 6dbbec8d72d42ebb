"""The slots of a paragraph: the text nodes and breaks of one `w:p`, whatever they are wrapped in.

Text is what the reader of the document sees. Not text, and left where they are as nodes between the slots: deleted and moved-away runs,
field codes, math, ruby annotations, symbols, non-breaking and soft hyphens, note references, drawings, bookmarks, comment marks.
A text box inside a run holds paragraphs of its own; its text is no part of the paragraph it hangs on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from lxml import etree

from models.document import Block, Span
from parsers.word_parts import WORD_NAMESPACES

Element: TypeAlias = "etree._Element"  # noqa: SLF001  (lxml has no public name for it)

XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
XML_BLANKS: Final = " \t\r\n"

_MATH = ("http://schemas.openxmlformats.org/officeDocument/2006/math", "http://purl.oclc.org/ooxml/officeDocument/math")
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n"}
_SKIPPED = {"pPr", "rt", "oMath"}
_GONE = {"del", "moveFrom"}
_NOTES = {"footnote", "endnote"}
_WORD_NAMES = ("p", "t", "fldChar", *_BREAKS, "pPr", "rt", *_GONE, *_NOTES)
_NAMES: Final = (
    {f"{{{namespace}}}{name}": name for namespace in WORD_NAMESPACES for name in _WORD_NAMES}
    | {f"{{{namespace}}}oMath": "oMath" for namespace in _MATH}
    | {f"{{{_COMPATIBILITY}}}Fallback": "Fallback"}
)
_FIELD_MARKS = tuple(tag for tag, name in _NAMES.items() if name == "fldChar")
_ONE_LINE = str.maketrans("\t\n\r", "   ")  # inside w:t Word shows these as spaces


class Slot(NamedTuple):
    """One place that holds text: a `w:t`, the text behind a comment inside one, or a break."""

    node: Element
    text: str
    is_break: bool = False
    is_tail: bool = False


@dataclass(slots=True)
class Paragraph:
    """One `w:p` and its slots in reading order."""

    slots: list[Slot] = field(default_factory=list)
    muted: int = 0  # how many mc:Fallback elements of this paragraph are open

    def block(self) -> Block:
        """Return the paragraph's text, tiled by its slots."""
        spans, end = [], 0
        for code, slot in enumerate(self.slots):
            start, end = end, end + len(slot.text)
            spans.append(Span(start, end, code))
        return Block("".join([slot.text for slot in self.slots]), tuple(spans))


def paragraphs(root: Element) -> list[Paragraph]:
    """Return the paragraphs below `root` that hold any text, in the order in which they start."""
    return [paragraph for paragraph in _Walk(root).run() if paragraph.slots]


class _Walk:
    """One pass over a part, with what has to be known at each node about the nodes around it."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._unclosed = _unclosed_fields(root.iter(*_FIELD_MARKS))
        self._open: list[Paragraph] = []
        self._found: list[Paragraph] = []
        self._fields: list[bool] = []  # of each field around this place: are we in its result? Spans paragraphs.
        self._gone = 0

    def run(self) -> list[Paragraph]:
        events = etree.iterwalk(self._root, events=("start", "end"), tag=tuple(_NAMES))
        for event, node in events:
            name = _NAMES[node.tag]
            if event == "end":
                self._leave(name)
            elif name in _SKIPPED or (name in _NOTES and _is_rule(node)):
                events.skip_subtree()
            else:
                self._enter(name, node)
        return self._found

    def _enter(self, name: str, node: Element) -> None:
        if name == "t":
            self._take(_text_slots(node))
        elif name in _BREAKS:
            self._take((Slot(node, _BREAKS[name], is_break=True),))
        elif name == "p":
            self._open.append(Paragraph())
            self._found.append(self._open[-1])
        elif name == "fldChar":
            self._mark_field(node)
        elif name in _GONE:
            self._gone += 1
        elif name == "Fallback" and self._open:
            self._open[-1].muted += 1  # its runs repeat those of the Choice; a text box in it opens paragraphs of its own

    def _leave(self, name: str) -> None:
        if name == "p":
            self._open.pop()
        elif name in _GONE:
            self._gone -= 1
        elif name == "Fallback" and self._open:
            self._open[-1].muted -= 1

    def _take(self, slots: Iterable[Slot]) -> None:
        if self._open and not self._gone and not self._open[-1].muted and all(self._fields):
            self._open[-1].slots.extend(slots)

    def _mark_field(self, node: Element) -> None:
        kind = _attribute(node, "fldCharType")
        if kind == "begin" and node not in self._unclosed:
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()


def _text_slots(node: Element) -> Iterator[Slot]:
    text = node.text or ""
    text = text.translate(_ONE_LINE) if node.get(XML_SPACE) == "preserve" else text.strip(XML_BLANKS).translate(_ONE_LINE)
    if text:
        yield Slot(node, text)
    for child in node:
        if child.tail:
            yield Slot(child, child.tail.translate(_ONE_LINE), is_tail=True)


def _unclosed_fields(marks: Iterable[Element]) -> set[Element]:
    """Return the field starts that have no end: taken at their word, they would hide the rest of the document."""
    waiting: list[Element] = []
    for mark in marks:
        kind = _attribute(mark, "fldCharType")
        if kind == "begin":
            waiting.append(mark)
        elif kind == "end" and waiting:
            waiting.pop()
    return set(waiting)


def _is_rule(note: Element) -> bool:
    return (_attribute(note, "type") or "normal") != "normal"


def _attribute(node: Element, name: str) -> str | None:
    """Return the attribute `name` in the node's own namespace, which is that of Word in either of its two spellings."""
    namespace, _, _ = str(node.tag).rpartition("}")
    return node.get(f"{namespace}}}{name}")
