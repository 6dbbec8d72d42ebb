"""The inline markup of one block: from its atoms in the file to a block of slots, and from a translated block back to markup.

It is for formats whose markup is text: tags of HTML, XLIFF and subtitles, marks of Markdown.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import Enum, auto

from models.document import Block, Span, SpanKind
from parsers.whitespace import collapse, is_wide


class Kind(Enum):
    """What an atom is."""

    TEXT = auto()
    BREAK = auto()
    ANCHOR = auto()
    OPEN = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece of inline source: `raw` as it stands in the file, `text` as it is shown.

    OPEN and CLOSE of one element have the same `name`; a BREAK has the text of its break, and may have a name; an ANCHOR has no text.
    `is_word` says of an anchor that it reads as a word of the sentence, as code does.
    """

    kind: Kind
    raw: str
    text: str = ""
    name: str = ""
    is_word: bool = False


@dataclass(frozen=True, slots=True)
class _Slot:
    """What a span stands for: an atom, the elements around it, outermost first, and its place in the order."""

    atom: Atom
    path: tuple[int, ...]
    code: int


_STAND_INS = {Kind.TEXT: "", Kind.ANCHOR: "\ufffc", Kind.OPEN: "", Kind.CLOSE: ""}  # an anchor has white space on both sides
_OPENERS = frozenset("([{“‘\"'")
_CLOSERS = frozenset("”’")
_SPAN_KINDS = {Kind.TEXT: SpanKind.TEXT, Kind.BREAK: SpanKind.BREAK, Kind.ANCHOR: SpanKind.ANCHOR}


def collapsed(atoms: Sequence[Atom]) -> list[Atom]:
    """Return atoms with their white space as it is shown, a newline being a space or nothing, and without texts that are then empty."""
    shown = collapse([_STAND_INS[atom.kind] or atom.text if atom.kind is not Kind.BREAK else None for atom in atoms])
    texts = [replace(atom, text=part.text) if atom.kind is Kind.TEXT else atom for atom, part in zip(atoms, shown, strict=True)]
    return [atom for atom in texts if atom.text or atom.kind is not Kind.TEXT]


class Inline:
    """Atoms as a block of slots, and back.

    Where the elements are well nested, the slots may move, and elements go with them; where they are not, everything keeps its order. An
    element without text is an anchor.
    """

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self._atoms = [atom for atom in atoms if atom.raw or atom.text]
        self._marks: dict[int, tuple[Atom, Atom]] = {}
        nested = self._nested()
        leaves = [atom for atom in self._atoms if atom.kind in _SPAN_KINDS]
        self._slots = [_Slot(atom, (), code) for code, atom in enumerate(leaves)] if nested is None else nested
        self._movable = nested is not None

    @property
    def block(self) -> Block:
        """The block of the slots; a slot's place in the order is its code."""
        spans, position = [], 0
        for code, slot in enumerate(self._slots):
            end = position + len(slot.atom.text)
            spans.append(Span(position, end, code, slot.path, _SPAN_KINDS[slot.atom.kind]))
            position = end
        return Block("".join(slot.atom.text for slot in self._slots), tuple(spans), self._movable)

    @property
    def breaks(self) -> tuple[str, ...]:
        """The line breaks as they stand in the file."""
        return tuple(atom.raw for atom in self._atoms if atom.kind is Kind.BREAK)

    @property
    def around(self) -> list[frozenset[str]]:
        """The names of the elements around each slot."""
        if self._movable:
            return [frozenset(self._marks[element][0].name for element in slot.path) for slot in self._slots]
        found, opened = [], Counter[str]()
        for atom in self._atoms:
            if atom.kind in _SPAN_KINDS:
                found.append(frozenset(+opened))
            else:
                opened[atom.name] += 1 if atom.kind is Kind.OPEN else -1
        return found

    def marks(self, names: AbstractSet[str]) -> list[tuple[int, ...]]:
        """Return the marks that the text can do without, each the numbers of its atoms: elements and breaks with these names."""
        found: list[tuple[int, ...]] = []
        started: dict[str, list[int]] = {}
        for number, atom in enumerate(self._atoms):
            if atom.name not in names:
                continue
            if atom.kind is Kind.BREAK:
                found.append((number,))
            elif atom.kind is Kind.OPEN:
                started.setdefault(atom.name, []).append(number)
            elif atom.kind is Kind.CLOSE and started.get(atom.name):
                found.append((started[atom.name].pop(), number))
        return found

    def without(self, numbers: AbstractSet[int]) -> "Inline":
        """Return the same slots without the atoms of these numbers, out of `marks`; a line break becomes a space."""
        blanks = {number: " " if self._atoms[number].kind is Kind.BREAK else "" for number in numbers}
        return Inline([replace(atom, raw=blanks.get(number, atom.raw)) for number, atom in enumerate(self._atoms)])

    def render(self, block: Block, escape: Callable[[str], str], copied: Callable[[str], str] = str) -> str:
        """Return a translated block as markup; blanks at the ends of an element go outside it.

        `escape` makes source of a text; `copied` makes of an element's start mark that of its copy, where an element is cut in two.

        Raises:
            ValueError: the block has not every slot, or an anchor or break more than once.
        """
        self._check(block)
        if not self._movable:
            return self._rendered_in_place(block, escape)
        writer = _Writer(self._marks, copied)
        for span in block.spans:
            slot = self._slots[span.code]
            text = block.text[span.start : span.end]
            if text or slot.atom.kind is not Kind.TEXT or not self._is_needless(slot, block):
                writer.add(slot, _source(slot.atom, text, escape), text)
        return writer.finish()

    def _nested(self) -> list[_Slot] | None:
        """Return the slots with their paths, or None where the elements are not well nested."""
        slots: list[_Slot] = []
        stack: list[tuple[int, Atom, int]] = []  # number, start, slots before it
        for number, atom in enumerate(self._atoms):
            if atom.kind is Kind.OPEN:
                stack.append((number, atom, len(slots)))
            elif atom.kind is not Kind.CLOSE:
                slots.append(_Slot(atom, tuple(element for element, _, _ in stack), len(slots)))
            elif not stack or stack[-1][1].name != atom.name:
                return None
            else:
                element, start, before = stack.pop()
                self._marks[element] = (start, atom)
                if before == len(slots):
                    slots.append(_Slot(Atom(Kind.ANCHOR, start.raw + atom.raw), tuple(outer for outer, _, _ in stack), len(slots)))
        return None if stack else slots

    def _check(self, block: Block) -> None:
        """Raise ValueError unless the block has every slot, and those that must not be doubled once."""
        codes = [span.code for span in block.spans]
        single = [code for code in codes if self._slots[code].atom.kind is not Kind.TEXT] if self._movable else codes
        if set(codes) != set(range(len(self._slots))) or len(single) != len(set(single)):
            raise ValueError("the slots of the block are not those that were read")

    def _is_needless(self, slot: _Slot, block: Block) -> bool:
        """Tell whether an empty text can go: the elements around it hold another slot that is not empty."""
        others = (span for span in block.spans if span.start < span.end or self._slots[span.code].atom.kind is not Kind.TEXT)
        return not slot.path or any(self._slots[span.code].path[: len(slot.path)] == slot.path for span in others)

    def _rendered_in_place(self, block: Block, escape: Callable[[str], str]) -> str:
        """Return the atoms in their order, with other texts."""
        texts = iter(block.text[span.start : span.end] for span in sorted(block.spans, key=lambda span: span.code))
        return "".join(_source(atom, next(texts), escape) if atom.kind in _SPAN_KINDS else atom.raw for atom in self._atoms)


def wants_space_before(character: str) -> bool:
    """Tell whether English sets a space between a word and `character`."""
    return (character.isalnum() and not is_wide(character)) or (character != "" and character in _OPENERS)


def wants_space_after(character: str) -> bool:
    """Tell whether English sets a space between `character` and a word."""
    if not character or character.isspace() or character in _OPENERS:
        return False
    return character in _CLOSERS or not is_wide(character)


class _Writer:
    """Sets slots in a row, with the marks of their elements between them, and blanks outside these."""

    def __init__(self, marks: Mapping[int, tuple[Atom, Atom]], copied: Callable[[str], str]) -> None:
        self._marks = marks
        self._copied = copied
        self._parts = [""]
        self._opened: list[int] = []
        self._used: set[int] = set()
        self._last = ""  # the character before, if that is text
        self._after_word = False
        self._code = -1

    def add(self, slot: _Slot, written: str, text: str) -> None:
        """Set a slot that shows `text`, whose source is `written`."""
        is_text = slot.atom.kind is Kind.TEXT
        self._end(slot.path)
        starts = list(self._starts(slot.path))
        rest = written.lstrip(" ") if starts and is_text else written
        came_together = self._after_word and slot.atom.is_word and slot.code != self._code + 1
        wants_space = (
            came_together or (self._after_word and wants_space_before(text[:1])) or (slot.atom.is_word and wants_space_after(self._last))
        )
        blank = " " if wants_space else written[: len(written) - len(rest)]
        self._parts += [blank, *starts, rest]
        if written:
            self._last, self._after_word, self._code = text[-1:] if is_text else "", slot.atom.is_word, slot.code

    def finish(self) -> str:
        """End the elements that are open and return all."""
        self._end(())
        return "".join(self._parts)

    def _end(self, path: tuple[int, ...]) -> None:
        """End the elements that are not in `path`; blanks at the end of a text go behind them."""
        ends = []
        while tuple(self._opened) != path[: len(self._opened)]:
            ends.append(self._marks[self._opened.pop()][1].raw)
        if ends and self._last == " ":
            last = self._parts.pop()
            text = last.rstrip(" ")
            self._parts += [text, *ends, last[len(text) :]]
        else:
            self._parts += ends

    def _starts(self, path: tuple[int, ...]) -> Iterator[str]:
        """Begin the elements of `path` that are not open yet, and yield their start marks."""
        for element in path[len(self._opened) :]:
            start = self._marks[element][0].raw
            yield self._copied(start) if element in self._used else start
            self._used.add(element)
            self._opened.append(element)


def _source(atom: Atom, text: str, escape: Callable[[str], str]) -> str:
    """Return the source of a slot whose text is `text` now."""
    return atom.raw if atom.kind is not Kind.TEXT or text == atom.text else escape(text)
