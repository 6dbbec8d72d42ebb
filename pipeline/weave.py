"""Puts the inline slots of a block over its translation.

Each sentence is translated as plain text. The alignment that the engine gives for it says which words of the translation belong to which
slot (`pipeline/projection.py`). An element for which it gives none, or one that fits badly, goes by length: it gets what lies at its place
in the sentence, with words and numbers that stand on both sides as fixed points. The segment is then flagged.
Breaks, tabs and white space between segments are kept exactly.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from models.document import Block, Span, SpanKind
from models.segment import Link, Piece, Projection
from pipeline.projection import Placed, Projector
from pipeline.proportion import proportional_links
from pipeline.punctuation import HAN
from pipeline.votes import words_of

LEAST_CONFIDENCE = 0.1  # of an element, by measurement: below, its place by length is as good
_SURE = 0.5  # below, about a quarter of the marked words are others than they should be

_BY_LENGTH = 0.5  # the weight of a place by length against an alignment

_Run = tuple[Span, int]  # a slot, and how many characters of the translation it gets


@dataclass(frozen=True, slots=True)
class Woven:
    """A translated block, and how well its slots lie in each segment that had to be aligned."""

    block: Block
    placed: Mapping[str, Projection] = field(default_factory=dict)


def needs_alignment(block: Block, pieces: Sequence[Piece]) -> set[str]:
    """Return the texts of the segments that are cut by slots: only for these does it matter how words are aligned."""
    return {piece.text for piece, slots in _clipped(block, pieces) if piece.is_segment and len(slots) > 1}


def weave(
    block: Block,
    pieces: Sequence[Piece],
    translations: Mapping[str, str],
    alignments: Mapping[str, Sequence[Link]],
    least_confidence: float = LEAST_CONFIDENCE,
) -> Woven:
    """Return `block` with each segment of `pieces` replaced by its translation.

    One without a translation, or without a slot that takes text, keeps its source text. `alignments` gives, for the text of a segment, how
    it and its translation are linked; nothing where that is not known. An element whose place is less sure than
    `least_confidence` (0 to 1) goes by length.
    """
    if not pieces:
        return Woven(block)
    text, was_same = "", True
    runs: list[_Run] = []
    reports: dict[str, Projection] = {}
    for piece, slots in _clipped(block, pieces):
        is_open = piece.is_segment and (not slots or any(slot.kind is SpanKind.TEXT for slot in slots))
        target = translations.get(piece.text, piece.text) if is_open else piece.text
        same = target == piece.text
        placed: list[_Run] = [(slot, slot.end - slot.start) for slot in slots]
        if not same and len(slots) > 1:
            segment = _Segment(piece.text, target, slots, block.movable)
            placed, reports[piece.text] = segment.project(alignments.get(piece.text, ()), least_confidence)
        elif not same:
            placed = [(slot, len(target)) for slot in slots]
        blank = "" if was_same and same else _separator(text, target)
        if blank and not _give_blank(runs, placed):
            blank = ""
        runs += placed
        text, was_same = f"{text}{blank}{target}", same
    return Woven(replace(block, text=text, spans=tuple(_spans(runs))), reports)


def _clipped(block: Block, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, list[Span]]]:
    """Yield each piece with the slots that lie in it, in offsets of the piece. A slot without text goes with what is before it."""
    queue = list(reversed(block.spans))
    offset = 0
    for number, piece in enumerate(pieces):
        end, slots = offset + len(piece.text), []
        while queue and (queue[-1].start < end or queue[-1].end <= end or number == len(pieces) - 1):
            span = queue.pop()
            slots.append(replace(span, start=max(span.start, offset) - offset, end=min(span.end, end) - offset))
            if span.end > end:
                queue.append(span)
                break
        yield piece, slots
        offset = end


@dataclass(frozen=True, slots=True)
class _Segment:
    """A segment, its translation and its slots, in offsets of the segment."""

    source: str
    target: str
    slots: Sequence[Span]
    movable: bool

    def project(self, links: Sequence[Link], least_confidence: float) -> tuple[list[_Run], Projection]:
        """Return the slots over the translation, and how sure their places are."""
        units = _units(self.source, self.slots)
        runs, confidences = self._project(links, units)
        lost = [unit for unit, confidence in zip(units, confidences, strict=True) if confidence < least_confidence]
        if lost or not links:
            runs, _ = self._project(self._led_by_length(links, lost), units)
        confidence = min(confidences, default=1.0)
        return runs, Projection(confidence, bool(lost) or confidence < _SURE)

    def _project(self, links: Sequence[Link], units: Sequence[tuple[int, int]]) -> tuple[list[_Run], list[float]]:
        projector = Projector((self.source, self.target), self.slots, links, movable=self.movable)
        placed = projector.place()
        confidences = [projector.confidence(placed, *unit) for unit in units]
        return list(_runs(self.source, self.target, projector.words, placed)), confidences

    def _led_by_length(self, links: Sequence[Link], lost: Sequence[tuple[int, int]]) -> list[Link]:
        """Return the links with those of the `lost` ranges of the source replaced by links that go by length."""
        by_length = proportional_links(self.source, self.target, words_of(self.target))
        if not links:
            return by_length
        kept = [link for link in links if not any(link.source_start < end and start < link.source_end for start, end in lost)]
        clipped = (
            replace(link, source_start=max(link.source_start, start), source_end=min(link.source_end, end), weight=_BY_LENGTH)
            for link in by_length
            for start, end in lost
        )
        return [*kept, *(link for link in clipped if link.source_start < link.source_end)]


def _units(source: str, slots: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the ranges of Chinese text that are in an element each or, where there are no elements, in a slot each."""
    prefixes = dict.fromkeys(slot.path[: depth + 1] for slot in slots for depth in range(len(slot.path)))
    inside = [[slot for slot in slots if slot.path[: len(prefix)] == prefix] for prefix in prefixes] or [[slot] for slot in slots]
    ranges = [(group[0].start, group[-1].end) for group in inside]
    return [unit for unit in ranges if unit != (0, len(source)) and HAN.search(source, *unit)]


def _runs(source: str, target: str, words: Sequence[tuple[int, int]], placed: Sequence[Placed]) -> Iterator[_Run]:
    """Yield the slots over the target's characters: words as they were placed, and the blanks between them."""
    start = 0
    for index, item in enumerate(placed):
        if index == len(placed) - 1 or item.last == len(words):
            end = len(target)
        elif item.last == 0:
            end = 0
        else:
            rest = placed[index + 1 :]
            after = next((other for other in rest if other.first < other.last), item)
            anchored = rest[0].slot.kind is SpanKind.ANCHOR
            end = words[item.last][0] if _takes_blank(source, item, after) and not anchored else words[item.last - 1][1]
        end = max(start, end)
        yield item.slot, end - start
        start = end


def _takes_blank(source: str, left: Placed, right: Placed) -> bool:
    """Tell whether the blank between two slots goes to the left one.

    It goes to what lies in fewer elements, else to what has more words: the other one is likely marked, a link or a bold word. What is no
    Chinese comes last: a number may be a field's result, which Word replaces with all that is in it.
    """

    def rank(item: Placed) -> tuple[bool, int, int]:
        slot = item.slot
        weight = item.last - item.first if HAN.search(source, slot.start, slot.end) else 0
        return slot.kind is SpanKind.TEXT, -len(slot.path), weight

    return rank(left) > rank(right)


def _separator(before: str, after: str) -> str:
    """Return the blank that English wants between two sentences which Chinese writes without one."""
    touching = before and after and not before[-1].isspace() and not after[0].isspace()
    return " " if touching and (after[0].isalnum() or after[0] in "“‘\"'([⟦") and before[-1] not in "“‘([" else ""


def _give_blank(before: list[_Run], after: list[_Run]) -> bool:
    """Give the blank between two stretches to the run that takes it better; tell whether there was one."""
    near = [(runs, place) for runs, place in ((after, 0), (before, -1)) if runs and runs[place][0].kind is SpanKind.TEXT]
    if not near:
        return not before and not after
    runs, place = min(near, key=lambda end: len(end[0][end[1]][0].path))
    slot, length = runs[place]
    runs[place] = slot, length + 1
    return True


def _spans(runs: Sequence[_Run]) -> Iterator[Span]:
    """Yield the spans that the runs make: neighbours of one slot joined, and an empty run only where its slot has no other."""
    filled = Counter(slot.code for slot, length in runs if length)
    seen: set[int] = set()
    kept: list[_Run] = []
    for slot, length in runs:
        if length or (slot.code not in filled and slot.code not in seen):
            kept.append((slot, length))
        seen.add(slot.code)
    start = 0
    for _, group in groupby(kept, key=lambda run: run[0].code):
        members = list(group)
        end = start + sum(length for _, length in members)
        yield replace(members[0][0], start=start, end=end)
        start = end
