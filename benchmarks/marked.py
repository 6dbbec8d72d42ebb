"""Sentences with inline tags, as a block of slots and as ranges of text."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from models.document import Block, Span, SpanKind

Key = tuple[str, int]  # a tag with its attributes, and which of those that look the same


@dataclass(frozen=True, slots=True)
class Tag:
    """An element of a sentence; one with `start` equal to `end` is empty."""

    key: Key
    start: int
    end: int


@dataclass(slots=True)
class Marked:
    """A sentence without its tags, the tags in order of their starts, and the slots they cut the text into.

    A path holds the numbers of the tags (their places in `tags`) around a slot.
    """

    text: str = ""
    tags: list[Tag] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def block(self) -> Block:
        """Return the sentence as a block whose slots may move."""
        return Block(self.text, tuple(self.spans), movable=True)


def parse(sentence: str) -> Marked:
    """Return a sentence with XML tags in its parts; raise `ParseError` (of xml.etree) where they do not nest."""
    marked = Marked()
    _read(ET.fromstring(f"<s>{sentence}</s>"), (), marked)
    return marked


def _read(element: ET.Element, path: tuple[int, ...], marked: Marked) -> None:
    _add(element.text or "", path, marked)
    for child in element:
        number, start = len(marked.tags), len(marked.text)
        name = " ".join([child.tag, *(f'{key}="{value}"' for key, value in sorted(child.items()))])
        key = (name, sum(tag.key[0] == name for tag in marked.tags))
        marked.tags.append(Tag(key, start, start))
        _read(child, (*path, number), marked)
        marked.tags[number] = Tag(key, start, len(marked.text))
        if start == len(marked.text):
            marked.spans.append(Span(start, start, len(marked.spans), (*path, number), SpanKind.ANCHOR))
        _add(child.tail or "", path, marked)


def _add(text: str, path: tuple[int, ...], marked: Marked) -> None:
    if text:
        start = len(marked.text)
        marked.text += text
        marked.spans.append(Span(start, len(marked.text), len(marked.spans), path))
