"""Changes to the text of a Word part, and the proof that nothing else changed."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lxml import etree

from models.document import Block
from models.errors import OutputError
from parsers.word_parts import WORD_NAMESPACES
from parsers.word_runs import XML_BLANKS, XML_SPACE, Element, Paragraph, Slot

Census = Counter[tuple[object, ...]]

_REGIONS: Final = {"en": "en-US", "zh": "zh-CN", "ja": "ja-JP", "ko": "ko-KR"}  # Word wants a region; other languages go in as given
_EAST_ASIAN = ("zh", "ja", "ko")
_WHITE = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]")
_ILLEGAL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # not allowed in XML 1.0, or of no use in a document

_T = {f"{{{namespace}}}t" for namespace in WORD_NAMESPACES}
_RUN = {f"{{{namespace}}}r" for namespace in WORD_NAMESPACES}
_CONTROLS = tuple(f"{{{namespace}}}sdt" for namespace in WORD_NAMESPACES)
_BINDINGS = tuple(f"{{{namespace}}}dataBinding" for namespace in (*WORD_NAMESPACES, "http://schemas.microsoft.com/office/word/2012/wordml"))
_UNCOUNTED = {f"{{{namespace}}}rPr" for namespace in WORD_NAMESPACES} | set(_BINDINGS)  # rPr is a wrapper: what it holds is counted
_AFTER_LANGUAGE = {  # the schema fixes the order of run properties
    f"{{{namespace}}}{name}" for namespace in WORD_NAMESPACES for name in ("eastAsianLayout", "specVanish", "oMath", "rPrChange")
}
_FREE: Final = {  # element -> attributes that say what language a run is in
    f"{{{namespace}}}{name}": {f"{{{namespace}}}{attribute}" for attribute in attributes}
    for namespace in WORD_NAMESPACES
    for name, attributes in (("lang", ("val", "eastAsia")), ("rFonts", ("hint",)))
}


def apply(paragraph: Paragraph, old: Block, new: Block, lang: str) -> list[Slot]:
    """Set the slots whose text differs between `old` and `new`, mark their runs as `lang`, and return these slots."""
    _check_slots(paragraph, old, new)
    changed = []
    for slot, span in zip(paragraph.slots, new.spans, strict=True):
        text = new.text[span.start : span.end]
        if text != slot.text:
            _set_text(slot, _clean(text))
            _mark_language(slot, lang)
            changed.append(slot)
    return changed


def unbind(root: Element, changed: Iterable[Slot]) -> None:
    """Cut the content controls around `changed` from their data: Word would fill in the source text again when it opens the file."""
    bound = {binding: next(binding.iterancestors(*_CONTROLS), None) for binding in root.iter(*_BINDINGS)}
    touched = {control for slot in changed for control in slot.node.iterancestors(*_CONTROLS)} if bound else set()
    for binding, control in bound.items():
        parent = binding.getparent()
        if parent is not None and control in touched:
            parent.remove(binding)


def census(root: Element) -> Census:
    """Count every node of a part but for what a translation may change: text in `w:t`, and which language a run is in."""
    return Counter(_countable(root))


def check_conserved(name: str, before: Census, after: Census) -> None:
    """Raise unless both censuses of the part `name` are equal."""
    if before == after:
        return
    difference = next(iter((before - after) or (after - before)))
    tag = etree.QName(str(difference[0])).localname if isinstance(difference[0], str) else "comment"
    change = "lost" if before - after else "gained"
    raise OutputError(f"the translation was not written: {name} would have {change} a '{tag}' element; please report this document")


def _check_slots(paragraph: Paragraph, old: Block, new: Block) -> None:
    if [span.code for span in new.spans] != [span.code for span in old.spans] or not _tiles(new):
        raise OutputError(f"the translation was not written: its slots are not those of the paragraph '{old.text[:20]}'")
    for slot, span in zip(paragraph.slots, new.spans, strict=True):
        if slot.is_break and new.text[span.start : span.end] != slot.text:
            raise OutputError(f"the translation was not written: it moves a break or tab of the paragraph '{old.text[:20]}'")


def _tiles(block: Block) -> bool:
    edges: Sequence[int] = [0, *(span.end for span in block.spans)]
    return [span.start for span in block.spans] == edges[:-1] and edges[-1] == len(block.text) and edges == sorted(edges)


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", _WHITE.sub(" ", text))


def _set_text(slot: Slot, text: str) -> None:
    node = slot.node
    if slot.is_tail:
        node.tail = text
    else:
        node.text = text
    holder = _holder(slot)
    if slot.is_tail or text.strip(XML_BLANKS) != text:
        holder.set(XML_SPACE, "preserve")


def _holder(slot: Slot) -> Element:
    parent = slot.node.getparent()
    return parent if slot.is_tail and parent is not None else slot.node


def _mark_language(slot: Slot, lang: str) -> None:
    """Mark the run as `lang`, and stop asking for East Asian forms: with the hint, curly quotes come out as wide as a Chinese character."""
    run = _holder(slot).getparent()
    if run is None or run.tag not in _RUN:
        return
    prefix = str(run.tag)[:-1]  # the namespace, in braces
    properties = run.find(f"{prefix}rPr")
    if properties is None:
        properties = run.makeelement(f"{prefix}rPr")
        run.insert(0, properties)
    east_asian = lang.lower().startswith(_EAST_ASIAN)
    fonts = properties.find(f"{prefix}rFonts")
    if fonts is not None and not east_asian and fonts.get(f"{prefix}hint") == "eastAsia":
        del fonts.attrib[f"{prefix}hint"]
    _language(properties, prefix).set(f"{prefix}{'eastAsia' if east_asian else 'val'}", _REGIONS.get(lang.lower(), lang))


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


def _countable(root: Element) -> Iterator[tuple[object, ...]]:
    for node in root.iter():
        tag = node.tag
        if tag in _T:
            yield (tag,)
        elif tag in _FREE:
            rest = [item for item in node.items() if item[0] not in _FREE[tag]]
            if rest:
                yield (tag, *rest)
        elif tag not in _UNCOUNTED:
            yield (tag, node.text, *node.items())
