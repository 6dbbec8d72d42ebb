"""The slots of a paragraph: which runs go together, and which inline elements lie around them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from models.document import Block, Span, SpanKind
from parsers.word_names import HAN, NAMES, RANGE_MARKS, RUN_TAGS, Element, attribute

STAND_IN: Final = "QX"  # with a number: engines copy such a code, and no accent of a pseudo-translation falls on it


class Place(NamedTuple):
    """Where a text lies: in a node, behind it (`is_tail`), or in one of its attributes."""

    node: Element
    is_tail: bool = False
    attribute: str = ""


@dataclass(eq=False, slots=True)
class Field:
    """A field around a slot. `keeps_words` is one whose result is text of the author: a link, a table of contents."""

    keeps_words: bool
    element: int | None = None
    in_result: bool = False
    paragraph: "Paragraph | None" = None
    code: str = ""


@dataclass(eq=False, slots=True)
class Slot:
    """One place of a block: the text in one or more `w:t`, a break, or a node without text."""

    text: str
    kind: SpanKind
    places: list[Place]
    elements: tuple[int, ...] = ()
    look: int = 0
    field: Field | None = None

    @property
    def node(self) -> Element:
        """Return the first node."""
        return self.places[0].node


@dataclass(eq=False, slots=True)
class Paragraph:
    """One `w:p`, or what takes its place, and its slots in reading order."""

    node: Element
    slots: list[Slot] = field(default_factory=list)
    paths: list[tuple[int, ...]] = field(default_factory=list)
    movable: bool = False
    elements: list[int] = field(default_factory=list)  # those open at the end of `slots`
    count: int = 0  # of the inline elements so far
    muted: int = 0  # how many mc:Fallback elements of this paragraph are open
    fixed: bool = False  # something in it cannot be moved or copied

    def enter(self) -> int:
        """Open an inline element and return its number."""
        self.count += 1
        self.elements.append(self.count)
        return self.count

    def leave(self, element: int) -> None:
        """Close an inline element; fields and links may end in another order than they began."""
        if element in self.elements:
            self.fixed |= self.elements[-1] != element
            self.elements.remove(element)

    def block(self) -> Block:
        """Return the paragraph's text, tiled by its slots; what is kept has a stand-in if it would be translated."""
        texts = list(self.shown())
        spans, end = [], 0
        for code, (slot, path, text) in enumerate(zip(self.slots, self.paths, texts, strict=True)):
            start, end = end, end + len(text)
            spans.append(Span(start, end, code, path, slot.kind))
        return Block("".join(texts), tuple(spans), self.movable)

    def shown(self) -> Iterator[str]:
        """Yield the text of each slot as a translator sees it."""
        stand_ins = iter(self.stand_ins())
        for slot in self.slots:
            yield next(stand_ins) if _has_stand_in(slot) else slot.text

    def stand_ins(self) -> list[str]:
        """Return what stands for the texts that are kept and would be translated; it occurs nowhere else in the paragraph."""
        count = sum(map(_has_stand_in, self.slots))
        name = STAND_IN
        while count and any(name in slot.text for slot in self.slots):
            name += "X"
        return [f"{name}{number}" for number in range(1, count + 1)]

    def close(self) -> bool:
        """Finish the slots once all are there, and tell whether there is any text."""
        if not any(slot.text for slot in self.slots):
            return False
        _settle_fields(self.slots)
        self.slots = _merged(_trimmed(self.slots))
        self.paths = _paths(self)
        self.movable = len({path for slot, path in zip(self.slots, self.paths, strict=True) if slot.text}) > 1 and _is_movable(self)
        return True


def _has_stand_in(slot: Slot) -> bool:
    return slot.kind is SpanKind.KEPT and bool(HAN.search(slot.text))


def _settle_fields(slots: Sequence[Slot]) -> None:
    """Take for computed what is the result of a field and has no words."""
    results = defaultdict(list)
    for slot in slots:
        if slot.kind is SpanKind.TEXT and slot.field is not None and not slot.field.keeps_words:
            results[slot.field].append(slot)
    for found in results.values():
        if not any(HAN.search(slot.text) for slot in found):
            for slot in found:
                slot.kind = SpanKind.FIELD


def _trimmed(slots: list[Slot]) -> list[Slot]:
    """Leave out the ends of bookmarks and the like at the edges: nothing lies beyond them."""
    inside = [place for place, slot in enumerate(slots) if not _is_range_mark(slot)]
    return slots[inside[0] : inside[-1] + 1]


def _is_range_mark(slot: Slot) -> bool:
    return slot.kind is SpanKind.ANCHOR and NAMES.get(str(slot.node.tag)) in RANGE_MARKS


def _merged(slots: Sequence[Slot]) -> list[Slot]:
    """Join neighbours that look alike and lie in the same elements."""
    merged: list[Slot] = []
    for slot in slots:
        last = merged[-1] if merged else None
        if last is not None and _key(last) == _key(slot) and slot.kind in {SpanKind.TEXT, SpanKind.FIELD, SpanKind.KEPT}:
            last.text += slot.text
            last.places += slot.places
        else:
            merged.append(slot)
    return merged


def _key(slot: Slot) -> tuple[object, ...]:
    attribute_of = slot.places[0].attribute
    return (slot.kind, slot.look, slot.elements, slot.field, attribute_of, id(slot.node) if attribute_of else 0)


def _paths(paragraph: Paragraph) -> list[tuple[int, ...]]:
    """Number the runs that look unlike the most of the text around them: the inline elements that Word does not write."""
    amounts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for slot in paragraph.slots:
        if slot.kind is SpanKind.TEXT:
            amounts[slot.elements][slot.look] += len(slot.text)
    usual = {elements: looks.most_common(1)[0][0] for elements, looks in amounts.items()}
    paths = []
    for slot in paragraph.slots:
        own = slot.kind is SpanKind.TEXT and slot.look != usual[slot.elements]
        paragraph.count += own
        paths.append((*slot.elements, paragraph.count) if own else slot.elements)
    return paths


def _is_movable(paragraph: Paragraph) -> bool:
    """Tell whether the slots can be written in another order: they lie in plain runs, in links, in fields with one result each."""
    if paragraph.fixed or paragraph.elements:
        return False
    fields = Counter(slot.field for slot in paragraph.slots if slot.field is not None and slot.field.element is not None)
    return not any(count > 1 for count in fields.values()) and all(_is_plain(slot, paragraph.node) for slot in paragraph.slots)


def _is_plain(slot: Slot, root: Element) -> bool:
    if _is_range_mark(slot):
        return False
    for place in slot.places:
        run = place.node.getparent()
        holder = None if run is None or run.tag not in RUN_TAGS else run.getparent()
        if holder is not None and NAMES.get(str(holder.tag)) == "hyperlink":
            holder = holder.getparent()
        if place.is_tail or place.attribute or holder is not root:
            return False
    return True


def is_rule(note: Element) -> bool:
    """Tell whether a note is the line above the notes, which has no text of its own."""
    return (attribute(note, "type") or "normal") != "normal"
