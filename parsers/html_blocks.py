"""The translatable blocks of an HTML tree and the places they came from.

A block is the text of a block-level element between two block boundaries, or a line of a <pre>; its slots are the text nodes. Elements
that are not translated (`code`, `translate="no"`) stay where they are between the slots, as images do, and their text is not in the
block: whatever becomes of the sentence, they come out once and unchanged, and nothing that a translator made of them is lost or doubled.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from bs4 import BeautifulSoup, Tag

from models.document import Block, Span
from parsers.html_inline import Region, region_of
from parsers.html_rules import LANGUAGE_ATTRIBUTES, State, inner_state, is_chinese, is_kept_word, readable_attributes, switched_off
from parsers.html_scanner import Attribute, attributes_at
from parsers.html_tree import SourceText, attribute, text_at
from parsers.markup import BLOCK_TAGS, ISLAND_TAGS
from parsers.whitespace import Collapsed, collapse, collapse_value, verbatim

MIN_LABELS = 2
_LINE = re.compile(r"([^\r\n]*+)(?:\r\n|\r|\n)?+")
_LIST_PUNCTUATION = frozenset("，、；。：！？,;:!?")


@dataclass(frozen=True, slots=True)
class Slot:
    """A range of the source that holds text: a text node, or an attribute's value with its `quote` (empty when it has none).

    `after_kept` and `before_kept` say that an element stands there which is not translated, but reads as a word of the sentence.
    """

    start: int
    end: int
    shown: Collapsed
    quote: str | None = None
    after_kept: bool = False
    before_kept: bool = False


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block and the slot of each of its spans; None is a line break or an anchor, which stays as it is.

    With a `region`, the slots may be put in another order.
    """

    block: Block
    slots: tuple[Slot | None, ...]
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What of a page's source may change: its blocks, and the values that say it is Chinese."""

    blocks: tuple[PlacedBlock, ...]
    language_values: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class _Item:
    """What waits for its block to end: a text node or, without one, a line break or a kept element; `label` and `lines` as in `State`."""

    node: SourceText | None
    label: int
    kept: bool = False
    lines: bool = False


@dataclass(slots=True)
class _Collector:
    """Gathers blocks while the tree is walked."""

    source: str
    off: Sequence[tuple[int, int]]
    blocks: list[PlacedBlock] = field(default_factory=list)
    language_values: list[Attribute] = field(default_factory=list)
    lines: list[list[_Item]] = field(default_factory=lambda: [[]])

    def flush(self) -> None:
        """End the block that is open."""
        if any(item.node and not item.node.isspace() for item in self.lines[-1]):
            for items in _split_labels(self.lines[-1]):
                self.add([slot for slot in _slots(items) if slot is None or slot.shown.text])
        self.lines[-1] = []

    def add(self, slots: Sequence[Slot | None]) -> None:
        """Add a block of these slots, if there is anything in it to read."""
        trimmed = _trim_breaks(slots)
        texts = [slot.shown.text if slot else "\n" for slot in trimmed]
        if any(not text.isspace() for text in texts):
            self.blocks.append(self._movable(trimmed) or PlacedBlock(block_of(texts), tuple(trimmed)))

    def _movable(self, slots: Sequence[Slot | None]) -> PlacedBlock | None:
        """Return the block of slots that lie in inline elements and can be put in another order."""
        by_start = {slot.start: slot for slot in slots if slot}
        if len(by_start) < MIN_LABELS:
            return None
        first, last = min(by_start), max(slot.end for slot in by_start.values())
        region = region_of(self.source, first, last, {start: slot.shown.text for start, slot in by_start.items()})
        if region is None:
            return None
        return PlacedBlock(region.inline.block, tuple(None if start is None else by_start[start] for start in region.starts), region)

    def text(self, node: SourceText, state: State) -> None:
        """Take a text node."""
        if self._is_off(node.start):
            if not node.isspace():
                self.lines[-1].append(_Item(None, state.label, kept=True))
        elif not state.lines:
            self.lines[-1].append(_Item(node, state.label))
        else:
            for line in _LINE.finditer(self.source, node.start, node.end):
                if line[1]:
                    self.lines[-1].append(_Item(text_at(self.source, line.start(), line.end(1)), state.label, lines=True))
                if line.end(1) < line.end():
                    self.flush()

    def enter(self, tag: Tag, state: State, parent: State) -> None:
        """Begin an element."""
        if tag.name in BLOCK_TAGS:
            self.flush()
        if parent.open and (tag.name == "br" or is_kept_word(tag, state)):
            self.lines[-1].append(_Item(None, parent.label, kept=tag.name != "br"))
        if tag.name in ISLAND_TAGS:
            self.lines.append([])
        if state.translate and not parent.ignored and not parent.hidden and not self._is_off(tag.sourcepos or 0):
            self._read_attributes(tag)

    def leave(self, tag: Tag) -> None:
        """End an element."""
        if tag.name in BLOCK_TAGS or tag.name in ISLAND_TAGS:
            self.flush()
        if tag.name in ISLAND_TAGS:
            self.lines.pop()

    def _is_off(self, place: int) -> bool:
        """Tell whether comments switch translation off at a place of the source."""
        index = bisect_right(self.off, place, key=itemgetter(0))
        return index > 0 and place < self.off[index - 1][1]

    def _read_attributes(self, tag: Tag) -> None:
        """Take the attributes that are read by people, and those that name the language."""
        if not tag.attrs or tag.sourcepos is None:
            return
        readable = readable_attributes(tag)
        for value in attributes_at(self.source, tag.sourcepos):
            if value.name in readable and value.quote is not None:
                self.add([Slot(value.start, value.end, collapse_value(attribute(tag, value.name)), value.quote)])
            elif tag.name != "html" and value.name in LANGUAGE_ATTRIBUTES and is_chinese(attribute(tag, value.name)):
                self.language_values.append(value)


def block_of(texts: Sequence[str]) -> Block:
    """Return the block whose slots hold these texts."""
    spans, position = [], 0
    for code, part in enumerate(texts):
        spans.append(Span(position, position + len(part), code))
        position += len(part)
    return Block("".join(texts), tuple(spans))


def read_page(tree: BeautifulSoup, source: str) -> Page:
    """Return the blocks of a tree in the order of the source."""
    collector = _Collector(source, switched_off(source))
    states = [State()]
    for node, entering in _walk(tree):
        if isinstance(node, SourceText):
            if states[-1].open:
                collector.text(node, states[-1])
        elif entering:
            states.append(inner_state(states[-1], node))
            collector.enter(node, states[-1], states[-2])
        else:
            states.pop()
            collector.leave(node)
    collector.flush()
    return Page(tuple(sorted(collector.blocks, key=_place)), tuple(collector.language_values))


def _place(placed: PlacedBlock) -> int:
    """Return where a block begins."""
    return next(slot.start for slot in placed.slots if slot)


def _walk(tree: BeautifulSoup) -> Iterator[tuple[Tag | SourceText, bool]]:
    """Yield every tag twice, on the way in (True) and out, and every text once; without recursion."""
    contents = [iter(tree.contents)]
    tags: list[Tag] = [tree]
    while contents:
        node = next(contents[-1], None)
        if node is None:
            contents.pop()
            tag = tags.pop()
            if tags:
                yield tag, False
        elif isinstance(node, Tag):
            yield node, True
            contents.append(iter(node.contents))
            tags.append(node)
        elif isinstance(node, SourceText):
            yield node, True


def _slots(items: Sequence[_Item]) -> list[Slot | None]:
    """Return the slots of a block's items, with their white space collapsed."""
    kept = [False, *(item.kept for item in items), False]
    texts = [index for index, item in enumerate(items) if not item.kept]
    nodes = [None if (node := items[index].node) is None else str(node) for index in texts]
    shown = verbatim(nodes) if any(item.lines for item in items) else collapse(nodes)
    return [
        Slot(node.start, node.end, text, after_kept=kept[index], before_kept=kept[index + 2]) if (node := items[index].node) else None
        for index, text in zip(texts, shown, strict=True)
    ]


def _trim_breaks(slots: Sequence[Slot | None]) -> Sequence[Slot | None]:
    """Drop the line breaks at both ends."""
    held = [index for index, slot in enumerate(slots) if slot]
    return slots[held[0] : held[-1] + 1] if held else []


def _split_labels(items: list[_Item]) -> list[list[_Item]]:
    """Return each label on its own, where a block is nothing but links or field labels; else the block whole."""
    groups: dict[int, list[_Item]] = {}
    for item in items:
        groups.setdefault(item.label, []).append(item)
    rest = "".join(str(item.node) for item in groups.pop(-1, []) if item.node)
    if len(groups) < MIN_LABELS or any(c.isalnum() or c in _LIST_PUNCTUATION for c in rest):
        return [items]
    return list(groups.values())
