"""The inline markup of one block of a page, for translations that put its slots in another order.

A block can be taken apart where its source, from the outermost element that ends in it, is well nested. What is not translated in it (an
image, a comment, `<code>`) is an anchor.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from models.document import Block
from parsers.html_scanner import Comment, EndTag, StartTag, Text, attributes_at, scan
from parsers.inline import Atom, Inline, Kind
from parsers.markup import BLOCK_TAGS, ISLAND_TAGS, VOID_TAGS
from parsers.splicing import Edit, splice
from parsers.whitespace import SPACE

MAX_MARKUP = 20_000  # characters of one block's source
_REACH = 2_000  # characters around a block in which its elements start and end
_BEFORE = re.compile(rf"<([a-zA-Z][^<>{SPACE}/]*)[^<>]*>[{SPACE}]*\Z")

Shown = Mapping[int, str]  # where each slot of text starts in the source, and the text it shows


@dataclass(frozen=True, slots=True)
class Region:
    """A range of a page's source that is one block with its inline elements.

    `starts` has for each code the start of its slot of text, None for an anchor or a break; `places` says where each atom starts.
    """

    start: int
    end: int
    atoms: tuple[Atom, ...]
    starts: tuple[int | None, ...]
    places: tuple[int, ...]

    @property
    def inline(self) -> Inline:
        """The region's atoms as slots."""
        return Inline(self.atoms)

    def render(self, block: Block, escape: Callable[[str], str], edits: Sequence[Edit]) -> tuple[str, list[str]]:
        """Return the region's source for a translated block, and the start tags of the elements that were copied for it.

        `edits` are those of attributes in the region, in order.
        """
        copies: list[str] = []

        def copied(tag: str) -> str:
            copies.append(_without_id(tag))
            return copies[-1]

        return Inline(list(self._edited(edits))).render(block, escape, copied), copies

    def _edited(self, edits: Sequence[Edit]) -> Iterator[Atom]:
        """Yield the atoms with the edits made in them."""
        for atom, place in zip(self.atoms, self.places, strict=True):
            inner = [
                (start - place, end - place, text)
                for start, end, text in edits[bisect_left(edits, (place,)) : bisect_left(edits, (place + len(atom.raw),))]
            ]
            yield replace(atom, raw=splice(atom.raw, inner)) if inner else atom


class _NotNestedError(Exception):
    """The source cannot be taken apart; `missing` names the element that ends in it and starts before it."""

    def __init__(self, missing: str = "") -> None:
        super().__init__(missing)
        self.missing = missing


def region_of(source: str, first: int, last: int, shown: Shown) -> Region | None:
    """Return the region of the slots `shown`, which lie between `first` and `last`; None if it cannot be taken apart or has no elements."""
    while last - first < MAX_MARKUP:
        try:
            found = _Reader(source, first, last, shown).read()
        except _NotNestedError as error:
            before = _BEFORE.search(source, max(0, first - _REACH), first) if error.missing else None
            if before is None or before[1].lower() != error.missing:
                return None
            first = before.start()
        else:
            return found if any(span.path for span in found.inline.block.spans) else None
    return None


@dataclass(slots=True)
class _Opened:
    """An element that is open, the number of atoms before it, and whether there is text in it that is no slot."""

    tag: StartTag
    before: int
    hides: bool = False


class _Reader:
    """One pass over the source of a block."""

    def __init__(self, source: str, first: int, last: int, shown: Shown) -> None:
        self._source = source
        self._first = first
        self._last = last
        self._shown = shown
        self._atoms: list[Atom] = []
        self._starts: list[int | None] = []  # of each atom
        self._places: list[int] = []
        self._words: set[int] = set()  # atoms that read as words
        self._open: list[_Opened] = []

    def read(self) -> Region:
        """Return the region; raise _NotNestedError where there is none."""
        end = self._last
        for token in scan(self._source[self._first : self._last + _REACH]):
            if self._first + token.start >= self._last and not self._open:
                break
            self._take(token)
            end = self._first + token.end
        seen = [start for start in self._starts if start is not None]
        if self._open or len(seen) != len(self._shown):
            raise _NotNestedError
        leaves = [number for number, atom in enumerate(self._atoms) if atom.kind not in (Kind.OPEN, Kind.CLOSE)]
        atoms = tuple(replace(atom, is_word=number in self._words) for number, atom in enumerate(self._atoms))
        return Region(self._first, end, atoms, tuple(self._starts[number] for number in leaves), tuple(self._places))

    def _take(self, token: StartTag | EndTag | Comment | Text) -> None:
        raw = self._source[self._first + token.start : self._first + token.end]
        if isinstance(token, StartTag):
            self._start(token, raw)
        elif isinstance(token, EndTag):
            self._end(token, raw)
        elif isinstance(token, Comment):
            self._add(Atom(Kind.ANCHOR, raw), token.start)
        elif (text := self._shown.get(self._first + token.start)) is not None:
            self._add(Atom(Kind.TEXT, raw, text), token.start)
        elif raw.strip(SPACE):
            if not self._open:
                raise _NotNestedError
            self._open[-1].hides = True

    def _start(self, token: StartTag, raw: str) -> None:
        if token.name in BLOCK_TAGS or token.name in ISLAND_TAGS:
            raise _NotNestedError
        if token.name == "br":
            self._add(Atom(Kind.BREAK, raw, "\n"), token.start)
        elif token.name in VOID_TAGS or token.self_closing:
            self._add(Atom(Kind.ANCHOR, raw), token.start)
        else:
            self._open.append(_Opened(token, len(self._atoms)))
            self._add(Atom(Kind.OPEN, raw, name=token.name), token.start)

    def _end(self, token: EndTag, raw: str) -> None:
        if not self._open or self._open[-1].tag.name != token.name:
            raise _NotNestedError("" if self._open else token.name)
        opened = self._open.pop()
        has_text = any(atom.kind in (Kind.TEXT, Kind.BREAK) for atom in self._atoms[opened.before :])
        if has_text and opened.hides:
            raise _NotNestedError
        if has_text:
            self._add(Atom(Kind.CLOSE, raw, name=token.name), token.start)
            return
        is_word = opened.hides or any(number >= opened.before for number in self._words)
        self._words = {number for number in self._words if number < opened.before} | ({opened.before} if is_word else set())
        del self._atoms[opened.before :], self._starts[opened.before :], self._places[opened.before :]
        self._add(Atom(Kind.ANCHOR, self._source[self._first + opened.tag.start : self._first + token.end]), opened.tag.start)

    def _add(self, atom: Atom, offset: int) -> None:
        """Add an atom that starts at `offset` of what is scanned."""
        self._atoms.append(atom)
        self._places.append(self._first + offset)
        self._starts.append(self._places[-1] if atom.kind is Kind.TEXT else None)


def _without_id(tag: str) -> str:
    """Return a start tag without its `id`, which must not stand twice in a page."""
    for value in attributes_at(tag, 0):
        if value.name == "id":
            begin = tag.lower().rfind("id", 0, value.start)
            return tag[:begin].rstrip(SPACE) + tag[value.end + len(value.quote or "") :]
    return tag
