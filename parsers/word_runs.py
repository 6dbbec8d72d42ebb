"""The walk over a Word part that finds its text.

Text is what the reader of the document sees. Not text, and anchors between the slots: deleted and moved-away runs, math, symbols,
non-breaking and soft hyphens, note references, drawings, bookmarks, comment marks, hidden text. Codes of fields and ruby annotations are
passed over. A text box inside a run holds paragraphs of its own; its text is no part of the paragraph it hangs on.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from models.document import DEFAULT_OPTIONS, ReadOptions, SpanKind
from parsers.word_names import (
    ANCHORS,
    BREAKS,
    DRAWING_NAMESPACES,
    GONE,
    NAMES,
    NOTES,
    REMOVABLE,
    SKIPPED,
    VALUES,
    WORD_NAMESPACES,
    WRAPPERS,
    XML_SPACE,
    Element,
    attribute,
    is_deleted,
    run_of,
)
from parsers.word_slots import Field, Paragraph, Place, Slot, is_rule
from parsers.word_styles import Look, Looks

XML_BLANKS: Final = " \t\r\n"

_FIELD_MARKS = tuple(tag for tag, name in NAMES.items() if name == "fldChar")
_STYLES = tuple(f"{{{namespace}}}pPr/{{{namespace}}}pStyle" for namespace in WORD_NAMESPACES)
_DRAWING = tuple(f"{{{namespace}}}" for namespace in DRAWING_NAMESPACES)
_ONE_LINE = str.maketrans("\t\n\r", "   ")  # inside w:t Word shows these as spaces
_AUTHORED = frozenset(["HYPERLINK", "TOC", "TOA", "INDEX", "BIBLIOGRAPHY", "FORMTEXT", "MACROBUTTON", "QUOTE", "IF"])
_WHOLE = frozenset(["TOC", "TOA", "INDEX", "BIBLIOGRAPHY"])  # around paragraphs rather than in one
_SYMBOLS = re.compile(r"[\ue000-\uf8ff\s]*[\ue000-\uf8ff][\ue000-\uf8ff\s]*")  # signs of symbol fonts
_MOVING = frozenset(["hyperlink"])  # wrappers that can be copied


def paragraphs(root: Element, looks: Looks | None = None, options: ReadOptions = DEFAULT_OPTIONS) -> list[Paragraph]:
    """Return the paragraphs below `root` that hold any text, in the order in which they start."""
    return [paragraph for paragraph in _Walk(root, looks or Looks(), options).run() if paragraph.close()]


class _Walk:
    """One pass over a part, with what has to be known at each node about the nodes around it."""

    def __init__(self, root: Element, looks: Looks, options: ReadOptions) -> None:
        self._root = root
        self._looks = looks
        self._options = options
        self._unclosed = _unclosed_fields(root.iter(*_FIELD_MARKS))
        self._open: list[tuple[Paragraph, str | None]] = []  # with the paragraph's style
        self._found: list[Paragraph] = []
        self._fields: list[Field] = []  # those around this place; they span paragraphs
        self._wrappers: list[int] = []  # the numbers of those that are open, across paragraphs
        self._gone = 0

    def run(self) -> list[Paragraph]:
        events = etree.iterwalk(self._root, events=("start", "end"), tag=tuple(NAMES))
        for event, node in events:
            name = NAMES[node.tag]
            if event == "end":
                self._leave(name, node)
            elif name in SKIPPED or _is_passed_over(name, node):
                events.skip_subtree()
            else:
                self._enter(name, node)
                if name == "oMath":
                    events.skip_subtree()
        return self._found

    def _enter(self, name: str, node: Element) -> None:
        if name == "t":
            self._text(node)
        elif name == "p":
            self._start(node)
        elif name in BREAKS:
            self._take(Slot(BREAKS[name], SpanKind.BREAK, [Place(node)]))
        elif name in WRAPPERS:
            self._wrap(name)
        elif name in ANCHORS or name in GONE or name == "oMath":
            self._anchor(node, fixed=name not in ANCHORS)
            self._gone += name in GONE
        elif name in VALUES or name == "textpath":
            self._value(name, node)
        elif name == "Fallback":
            self._mute(1)  # its runs repeat those of the Choice; a text box in it opens paragraphs of its own
        else:
            self._field(name, node)

    def _leave(self, name: str, node: Element) -> None:
        if name == "p":
            self._open.pop()
        elif name in GONE:
            self._gone -= 1
        elif name == "Fallback":
            self._mute(-1)
        elif name in WRAPPERS and self._open:
            self._open[-1][0].leave(self._wrappers.pop())
        elif name in {"fldSimple", "fld"} and self._fields:
            self._end_field(node)

    def _start(self, node: Element) -> None:
        style = next((found for path in _STYLES if (found := node.find(path)) is not None), None)
        self._open.append((Paragraph(node), None if style is None else attribute(style, "val")))
        self._found.append(self._open[-1][0])

    def _mute(self, step: int) -> None:
        if self._open:
            self._open[-1][0].muted += step

    def _wrap(self, name: str) -> None:
        if self._open:
            paragraph = self._open[-1][0]
            self._wrappers.append(paragraph.enter())
            paragraph.fixed |= name not in _MOVING

    def _text(self, node: Element) -> None:
        places = list(_text_places(node))
        if not places or not self._open:
            return
        look = self._looks.of(run_of(node), self._open[-1][1])
        for place, text in places:
            if (look.is_hidden and not self._options.hidden_text) or _SYMBOLS.fullmatch(text) or _is_drawn(look, text):
                self._anchor(node)
                return
            self._take(Slot(text, SpanKind.KEPT if look.is_kept else SpanKind.TEXT, [place], look=look.number))

    def _value(self, name: str, node: Element) -> None:
        """Take an element whose whole text, or an attribute of it, is a block of its own."""
        text = (node.get("string") if name == "textpath" else node.text) or ""
        if text.strip() and not self._gone:
            place = Place(node, attribute="string" if name == "textpath" else "")
            self._found.append(Paragraph(node, [Slot(text.translate(_ONE_LINE), SpanKind.TEXT, [place])]))

    def _anchor(self, node: Element, *, fixed: bool = False) -> None:
        self._take(Slot("", SpanKind.ANCHOR, [Place(node)]))
        if self._open:
            self._open[-1][0].fixed |= fixed

    def _take(self, slot: Slot) -> None:
        if self._open and not self._gone and not self._open[-1][0].muted and all(item.in_result for item in self._fields):
            paragraph = self._open[-1][0]
            slot.elements = tuple(paragraph.elements)
            slot.field = self._fields[-1] if self._fields else None
            paragraph.slots.append(slot)

    def _field(self, name: str, node: Element) -> None:
        if name == "fldChar":
            self._mark_field(node)
        elif name == "instrText" and self._fields and not self._fields[-1].in_result:
            self._fields[-1].code += node.text or ""
        elif name in {"fldSimple", "fld"}:
            self._fields.append(Field(keeps_words=False, code=attribute(node, "instr") or ""))
            self._show(self._fields[-1])
            if self._open:
                self._open[-1][0].fixed = True

    def _mark_field(self, node: Element) -> None:
        kind = attribute(node, "fldCharType")
        if kind == "begin" and node not in self._unclosed:
            self._fields.append(Field(keeps_words=False, paragraph=self._open[-1][0] if self._open else None))
        elif kind == "separate" and self._fields:
            self._show(self._fields[-1])
        elif kind == "end" and self._fields:
            self._end_field(node)

    def _show(self, item: Field) -> None:
        """Open the result of a field."""
        word = item.code.split(maxsplit=1)[:1]
        item.keeps_words = bool(word) and word[0].upper() in _AUTHORED
        item.in_result = True
        paragraph = self._open[-1][0] if self._open else None
        if paragraph is None:
            return
        is_whole = bool(word) and word[0].upper() in _WHOLE
        paragraph.fixed |= is_whole or item.paragraph is not paragraph or any(other.element for other in self._fields[:-1])
        if not is_whole:
            item.paragraph, item.element = paragraph, paragraph.enter()

    def _end_field(self, node: Element) -> None:
        item = self._fields.pop()
        if not self._open:
            return
        paragraph = self._open[-1][0]
        if item.element is None:
            paragraph.fixed = True
            if not item.in_result:
                self._anchor(node)  # it shows nothing here, or what it shows is computed when the document is opened
        elif item.paragraph is paragraph:
            paragraph.leave(item.element)


def _is_passed_over(name: str, node: Element) -> bool:
    return (name in NOTES and is_rule(node)) or (name in REMOVABLE and is_deleted(node))


def _text_places(node: Element) -> Iterator[tuple[Place, str]]:
    text = node.text or ""
    is_kept = node.get(XML_SPACE) == "preserve" or str(node.tag).startswith(_DRAWING)
    text = text.translate(_ONE_LINE) if is_kept else text.strip(XML_BLANKS).translate(_ONE_LINE)
    if text:
        yield Place(node), text
    for child in node:
        if child.tail:
            yield Place(child, is_tail=True), child.tail.translate(_ONE_LINE)


def _is_drawn(look: Look, text: str) -> bool:
    """Tell whether blanks are a line to write on, or another mark that a reader sees."""
    return look.shows_blanks and len(text) > 1 and not text.strip()


def _unclosed_fields(marks: Iterable[Element]) -> set[Element]:
    """Return the field starts that have no end: taken at their word, they would hide the rest of the document."""
    waiting: list[Element] = []
    for mark in marks:
        kind = attribute(mark, "fldCharType")
        if kind == "begin":
            waiting.append(mark)
        elif kind == "end" and waiting:
            waiting.pop()
    return set(waiting)
