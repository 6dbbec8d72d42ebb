"""Writes the slots of a paragraph in the order of its translation: runs are moved with their fields and links, or copied."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import groupby

from models.document import Span
from parsers.word_names import NAMES, RUN_TAGS, Element, attribute
from parsers.word_slots import Paragraph, Place, Slot

_DEPTHS = {"begin": 1, "end": -1}


class _Unit:
    """Runs that move together, and the link that they lie in; `code` is that of their slot."""

    def __init__(self, link: Element | None) -> None:
        self.link = link
        self.runs: list[Element] = []
        self.code: int | None = None


def moved(paragraph: Paragraph, spans: Sequence[Span]) -> list[Slot]:
    """Put the runs of a paragraph in the order of `spans`, and return for each span the slot that its text goes to."""
    root = paragraph.node
    units = _units(paragraph)
    place = min(root.index(_top(unit, root)) for unit in units)
    by_code = {unit.code: unit for unit in units}
    used: set[int] = set()
    ordered, slots = [], []
    for span in spans:
        original = by_code[span.code]
        if span.code in used:
            unit, slot = _copy(original, paragraph.slots[span.code])
        else:
            unit, slot = original, paragraph.slots[span.code]
        used.add(span.code)
        ordered.append(unit)
        slots.append(slot)
    _replace(root, place, ordered)
    return slots


def _units(paragraph: Paragraph) -> list[_Unit]:
    """Cut the runs of a paragraph into units of one slot each; what belongs to no slot goes with the one before it, or the first."""
    owners = {place.node: code for code, slot in enumerate(paragraph.slots) for place in slot.places}
    units: list[_Unit] = []
    current, depth = _Unit(None), 0
    for link, run in _pieces(paragraph.node, owners):
        code = next((owners[node] for node in run.iter() if node in owners), None)
        marks = [attribute(node, "fldCharType") for node in run if NAMES.get(str(node.tag)) == "fldChar"]
        starts_field = depth == 0 and "begin" in marks
        is_other = code is not None and current.code is not None and code != current.code
        if link is not current.link or (depth == 0 and (is_other or starts_field)):
            current = _Unit(link)
            units.append(current)
        elif not units:
            units.append(current)
        current.runs.append(run)
        current.code = current.code if code is None else code
        depth += sum(_DEPTHS.get(str(mark), 0) for mark in marks)
    return _with_slots(units)


def _with_slots(units: Sequence[_Unit]) -> list[_Unit]:
    """Give the runs of units without a slot to a neighbour."""
    kept: list[_Unit] = []
    waiting: list[Element] = []
    for unit in units:
        if unit.code is not None:
            unit.runs = waiting + unit.runs
            kept.append(unit)
            waiting = []
        elif kept and kept[-1].link is unit.link:
            kept[-1].runs += unit.runs
        else:
            waiting += unit.runs
    kept[-1].runs += waiting
    return kept


def _pieces(root: Element, owners: dict[Element, int]) -> Iterator[tuple[Element | None, Element]]:
    """Yield each run with the link around it, cut so that it holds one slot at most."""
    for child in list(root):
        if child.tag in RUN_TAGS:
            yield from ((None, piece) for piece in _cut(child, owners))
        elif NAMES.get(str(child.tag)) == "hyperlink":
            for run in list(child):
                if run.tag in RUN_TAGS:
                    yield from ((child, piece) for piece in _cut(run, owners))


def _cut(run: Element, owners: dict[Element, int]) -> list[Element]:
    """Cut a run behind each slot that another one follows in it; the rest goes into runs with the same properties."""
    groups: list[list[Element]] = [[]]
    seen: int | None = None
    for child in run:
        code = next((owners[node] for node in child.iter() if node in owners), None)
        is_mark = NAMES.get(str(child.tag)) == "fldChar"
        if groups[-1] and ((code is not None and seen is not None and code != seen) or (is_mark and seen is not None)):
            groups.append([])
            seen = None
        groups[-1].append(child)
        seen = seen if code is None else code
    properties = run.find(f"{str(run.tag)[:-1]}rPr")
    pieces = [run]
    for group in groups[1:]:
        piece = run.makeelement(run.tag, _attributes(run))
        if properties is not None:
            piece.append(deepcopy(properties))
        piece.extend(group)
        pieces[-1].addnext(piece)
        pieces.append(piece)
    return pieces


def _copy(unit: _Unit, slot: Slot) -> tuple[_Unit, Slot]:
    """Return a run for more of a slot's text, outside of its field if it has one, and the slot of that run."""
    source = slot.node.getparent()
    assert source is not None  # noqa: S101 - a movable slot lies in a run
    run = source.makeelement(source.tag, _attributes(source))
    run.extend(deepcopy(child) for child in source if child.tag == f"{str(source.tag)[:-1]}rPr")
    text = run.makeelement(slot.node.tag)
    run.append(text)
    copy = _Unit(unit.link)
    copy.runs = [run]
    return copy, Slot("", slot.kind, [Place(text)])


def _replace(root: Element, place: int, ordered: Sequence[_Unit]) -> None:
    """Put the units where the first of them was; a link that comes apart is copied for all but its first part."""
    written: set[Element] = set()
    content: list[Element] = []
    for link, units in groupby(ordered, key=lambda unit: unit.link):
        runs = [run for unit in units for run in unit.runs]
        if link is None:
            content += runs
            continue
        holder = link.makeelement(link.tag, _attributes(link)) if link in written else link
        written.add(link)
        for run in runs:
            holder.append(run)
        content.append(holder)
    for offset, node in enumerate(content):
        root.insert(place + offset, node)


def _attributes(node: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in node.items()}


def _top(unit: _Unit, root: Element) -> Element:
    node = unit.runs[0]
    while (parent := node.getparent()) is not None and parent is not root:
        node = parent
    return node
