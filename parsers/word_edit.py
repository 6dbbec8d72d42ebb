"""Changes to the text of a Word part."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Final

from models.document import Block, Span, SpanKind
from models.errors import LostMarkupError, OutputError
from parsers.word_check import BINDINGS
from parsers.word_move import moved
from parsers.word_names import DRAWING_NAMESPACES, HAN, RUN_TAGS, WORD_NAMESPACES, XML_SPACE, Element, run_of
from parsers.word_runs import XML_BLANKS
from parsers.word_slots import Paragraph, Place, Slot
from parsers.word_typography import english

_REGIONS: Final = {"en": "en-US", "zh": "zh-CN", "ja": "ja-JP", "ko": "ko-KR"}  # Word wants a region; other languages go in as given
_EAST_ASIAN = ("zh", "ja", "ko")
_WHITE = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]")
_ILLEGAL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # not allowed in XML 1.0, or of no use in a document

_CONTROLS = tuple(f"{{{namespace}}}sdt" for namespace in WORD_NAMESPACES)
_WORD_TEXT = {f"{{{namespace}}}t" for namespace in WORD_NAMESPACES}
_DRAWING = tuple(f"{{{namespace}}}" for namespace in DRAWING_NAMESPACES)
_AFTER_LANGUAGE = {  # the schema fixes the order of run properties
    f"{{{namespace}}}{name}" for namespace in WORD_NAMESPACES for name in ("eastAsianLayout", "specVanish", "oMath", "rPrChange")
}
_FILLED = frozenset([SpanKind.FIELD, SpanKind.KEPT, SpanKind.ANCHOR])  # by the application or the source, not by us


def is_moved(paragraph: Paragraph, new: Block) -> bool:
    """Tell whether a block has its slots in another order than the paragraph, and raise OutputError if it may not."""
    codes = [span.code for span in new.spans]
    count = len(paragraph.slots)
    again = {code for code in codes if codes.count(code) > 1} if len(codes) > count else set()
    is_known = set(codes) == set(range(count)) and all(paragraph.slots[code].kind is SpanKind.TEXT for code in again)
    if not _tiles(new) or not is_known or (codes != list(range(count)) and not paragraph.movable):
        text = "".join(slot.text for slot in paragraph.slots)
        raise OutputError(f"the translation was not written: its slots are not those of the paragraph '{text[:20]}'")
    return codes != list(range(count))


def apply(paragraph: Paragraph, new: Block, lang: str) -> list[Slot]:
    """Set the slots whose text differs, mark their runs as `lang`, and return these slots."""
    order = is_moved(paragraph, new)
    settled = _settled(paragraph, new)
    target = english(settled) if lang.lower().startswith("en") else settled
    slots = moved(paragraph, target.spans) if order else paragraph.slots
    stand_in = _stand_ins(paragraph)
    changed = []
    for slot, span in zip(slots, target.spans, strict=True):
        text = target.text[span.start : span.end]
        if slot.kind is SpanKind.TEXT and text != slot.text:
            _set_text(slot, _clean(stand_in.sub("", text) if stand_in else text))
            _mark_language(slot.node, lang)
            changed.append(slot)
    return changed


def unbind(root: Element, changed: Iterable[Slot]) -> None:
    """Cut the content controls around `changed` from their data: Word would fill in the source text again when it opens the file."""
    bound = {binding: next(binding.iterancestors(*_CONTROLS), None) for binding in root.iter(*BINDINGS)}
    touched = {control for slot in changed for control in slot.node.iterancestors(*_CONTROLS)} if bound else set()
    for binding, control in bound.items():
        parent = binding.getparent()
        if parent is not None and control in touched:
            parent.remove(binding)


def _tiles(block: Block) -> bool:
    edges: Sequence[int] = [0, *(span.end for span in block.spans)]
    return [span.start for span in block.spans] == edges[:-1] and edges[-1] == len(block.text) and edges == sorted(edges)


def _settled(paragraph: Paragraph, new: Block) -> Block:
    """Return the block with no words where a field, an anchor or text that is kept takes none: they go to the next slot of text."""
    if all(slot.kind is SpanKind.TEXT for slot in paragraph.slots):
        return new
    wanted = list(paragraph.shown())
    kinds = [paragraph.slots[span.code].kind for span in new.spans]
    texts = [new.text[span.start : span.end] for span in new.spans]
    for place, (span, kind) in enumerate(zip(new.spans, kinds, strict=True)):
        have, want = texts[place], wanted[span.code]
        if kind is SpanKind.BREAK and have != want:
            raise OutputError(f"the translation was not written: it moves a break or tab of the paragraph '{new.text[:20]}'")
        if kind in _FILLED and have != want:
            before, texts[place], behind = have.partition(want.strip()) if want.strip() else (have, "", "")
            _give(texts, kinds, place, (before, behind))
            if want.strip() and not texts[place]:
                _reclaim(texts, kinds, place, want.strip())
                _set_apart(texts, kinds, place)
    edges = [0, *accumulate(map(len, texts))]
    spans = tuple(Span(start, end, span.code) for (start, end), span in zip(pairwise(edges), new.spans, strict=True))
    return replace(new, text="".join(texts), spans=spans)


def _give(texts: list[str], kinds: Sequence[SpanKind], place: int, words: tuple[str, str]) -> None:
    """Give words that stand before and behind a slot to the nearest slots of text, but not beyond a break."""
    left = _text_slot(kinds, range(place - 1, -1, -1))
    right = _text_slot(kinds, range(place + 1, len(kinds)))
    before, behind = words
    if left is not None:
        texts[left] += before if right is not None else before + behind
    if right is not None:
        texts[right] = (behind if left is not None else before + behind) + texts[right]
    if left is None and right is None and (before + behind).strip():
        raise LostMarkupError(f"the translation was not written: it has no place for the words '{(before + behind).strip()[:20]}'")


def _reclaim(texts: list[str], kinds: Sequence[SpanKind], place: int, word: str) -> None:
    """Take back the word of a slot which fell into the text beside it, so that it does not stand there twice."""
    found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
    for step in (range(place - 1, -1, -1), range(place + 1, len(kinds))):
        slot = _text_slot(kinds, step)
        match = found.search(texts[slot]) if slot is not None else None
        if slot is not None and match:
            before, behind = texts[slot][: match.start()], texts[slot][match.end() :]
            texts[slot], texts[place] = "", word
            _give(texts, kinds, place, (before, behind))
            return


def _set_apart(texts: list[str], kinds: Sequence[SpanKind], place: int) -> None:
    """Set blanks between words and a slot that the translation knows nothing of, since the file shows its text all the same."""
    left = _text_slot(kinds, range(place - 1, -1, -1))
    right = _text_slot(kinds, range(place + 1, len(kinds)))
    if left is not None and texts[left][-1:].isalnum() and not HAN.match(texts[left][-1]):
        texts[left] += " "
    if right is not None and texts[right][:1].isalnum() and not HAN.match(texts[right][0]):
        texts[right] = f" {texts[right]}"


def _text_slot(kinds: Sequence[SpanKind], places: Iterable[int]) -> int | None:
    for place in places:
        if kinds[place] in {SpanKind.TEXT, SpanKind.BREAK}:
            return place if kinds[place] is SpanKind.TEXT else None
    return None


def _stand_ins(paragraph: Paragraph) -> re.Pattern[str] | None:
    """Return what stands in the block for text that is kept, and has no place anywhere else."""
    names = paragraph.stand_ins()
    return re.compile(" ?(?:" + "|".join(reversed(names)) + ")") if names else None


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", _WHITE.sub(" ", text))


def _set_text(slot: Slot, text: str) -> None:
    """Put the text into the first place of a slot; the others become empty."""
    for place, content in zip(slot.places, [text, *[""] * len(slot.places)], strict=False):
        _set(place, content)


def _set(place: Place, text: str) -> None:
    node = place.node
    if place.attribute:
        node.set(place.attribute, text)
        return
    if place.is_tail:
        node.tail = text
    else:
        node.text = text
    holder = _holder(place)
    if holder.tag in _WORD_TEXT and (place.is_tail or text.strip(XML_BLANKS) != text):
        holder.set(XML_SPACE, "preserve")


def _holder(place: Place) -> Element:
    parent = place.node.getparent()
    return parent if place.is_tail and parent is not None else place.node


def _mark_language(node: Element, lang: str) -> None:
    """Mark the run as `lang`, and stop asking for East Asian forms: with the hint, curly quotes come out as wide as a Chinese character."""
    run = run_of(node)
    if run is None or run.tag not in RUN_TAGS:
        return
    prefix = str(run.tag)[:-1]  # the namespace, in braces
    properties = run.find(f"{prefix}rPr")
    if properties is None:
        properties = run.makeelement(f"{prefix}rPr")
        run.insert(0, properties)
    region = _REGIONS.get(lang.lower(), lang)
    if prefix in _DRAWING:
        properties.set("lang", region)
        return
    east_asian = lang.lower().startswith(_EAST_ASIAN)
    fonts = properties.find(f"{prefix}rFonts")
    if fonts is not None and not east_asian and fonts.get(f"{prefix}hint") == "eastAsia":
        del fonts.attrib[f"{prefix}hint"]
    _language(properties, prefix).set(f"{prefix}{'eastAsia' if east_asian else 'val'}", region)


def _language(properties: Element, prefix: str) -> Element:
    """Return the `w:lang` of some run properties; make it where the schema wants it if there is none."""
    found = properties.find(f"{prefix}lang")
    if found is not None:
        return found
    made = properties.makeelement(f"{prefix}lang")
    position = len(properties)
    while position and properties[position - 1].tag in _AFTER_LANGUAGE:
        position -= 1
    properties.insert(position, made)
    return made
