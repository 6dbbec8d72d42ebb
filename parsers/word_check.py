"""The proof that a rewritten part has all that it had beside its text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from lxml import etree

from models.errors import LostMarkupError
from parsers.word_names import DRAWING_NAMESPACES, NAMES, WORD_NAMESPACES, Element

Census = Counter[tuple[object, ...]]

_WORD: Final = tuple(f"{{{namespace}}}" for namespace in WORD_NAMESPACES)
_DRAWING: Final = tuple(f"{{{namespace}}}" for namespace in DRAWING_NAMESPACES)
BINDINGS: Final = (*(f"{namespace}dataBinding" for namespace in _WORD), "{http://schemas.microsoft.com/office/word/2012/wordml}dataBinding")
_TEXT: Final = {tag for tag, name in NAMES.items() if name in {"t", "v", "property"}}
_UNCOUNTED: Final = {f"{namespace}rPr" for namespace in _WORD} | set(BINDINGS)  # rPr is a wrapper: what it holds is counted
_FREE: Final = {  # element -> attributes that a translation may change: the language a run is in, the text of a watermark
    **{f"{namespace}lang": {f"{namespace}val", f"{namespace}eastAsia"} for namespace in _WORD},
    **{f"{namespace}rFonts": {f"{namespace}hint"} for namespace in _WORD},
    **{f"{namespace}rPr": {"lang"} for namespace in _DRAWING},
    **{tag: {"string"} for tag, name in NAMES.items() if name == "textpath"},
}
_PROPERTIES: Final = frozenset(f"{namespace}rPr" for namespace in (*_WORD, *_DRAWING))
_COPIED: Final = frozenset(f"{namespace}{name}" for namespace in (*_WORD, *_DRAWING) for name in ("r", "t", "hyperlink"))


def census(root: Element) -> Census:
    """Count every node of a part but for what a translation may change: text, and which language a run is in."""
    return Counter(_countable(root.iter()))


def anchors(root: Element) -> Census:
    """Count every node of a part but for what a translation may change or copy: runs with their properties, and links."""
    return Counter(_countable(node for node in _outside_properties(root) if node.tag not in _COPIED))


def check_conserved(name: str, before: Census, after: Census, *, may_gain: bool = False) -> None:
    """Raise LostMarkupError unless both censuses of the part `name` are equal, or the second has more if it may."""
    lost, gained = before - after, Counter() if may_gain else after - before
    if not lost and not gained:
        return
    difference = next(iter(lost or gained))
    tag = etree.QName(str(difference[0])).localname if isinstance(difference[0], str) else "comment"
    change = "lost" if lost else "gained"
    raise LostMarkupError(f"the translation was not written: {name} would have {change} a '{tag}' element; please report this document")


def _outside_properties(root: Element) -> Iterator[Element]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.tag not in _PROPERTIES:
            yield node
            waiting.extend(node)


def _countable(nodes: Iterable[Element]) -> Iterator[tuple[object, ...]]:
    for node in nodes:
        tag = node.tag
        if tag in _TEXT:
            yield (tag,)
        elif tag in _FREE:
            rest = [item for item in node.items() if item[0] not in _FREE[tag]]
            if rest:
                yield (tag, *rest)
        elif tag not in _UNCOUNTED:
            yield (tag, node.text, *node.items())
