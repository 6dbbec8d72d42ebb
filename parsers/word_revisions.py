"""Accepts the tracked changes of a Word part: what was inserted or moved to stays, what was deleted or moved away goes."""

from typing import Final

from lxml import etree

from parsers.word_names import WORD_NAMESPACES, Element


def _tags(names: str) -> frozenset[str]:
    return frozenset(f"{{{namespace}}}{name}" for namespace in WORD_NAMESPACES for name in names.split())


_REMOVED: Final = _tags("""
    del moveFrom cellDel rPrChange pPrChange sectPrChange tblPrChange tblPrExChange tblGridChange trPrChange tcPrChange numberingChange
    moveFromRangeStart moveFromRangeEnd moveToRangeStart moveToRangeEnd customXmlInsRangeStart customXmlInsRangeEnd
    customXmlDelRangeStart customXmlDelRangeEnd customXmlMoveFromRangeStart customXmlMoveFromRangeEnd customXmlMoveToRangeStart
    customXmlMoveToRangeEnd cellIns cellMerge
    """)
_UNWRAPPED: Final = _tags("ins moveTo")
_PROPERTIES: Final = _tags("rPr trPr tcPr")  # in these, ins and del are marks of the paragraph, row or cell
_DELETIONS: Final = _tags("del moveFrom")
_CELL_DELETIONS: Final = _tags("cellDel")
_P, _PPR, _RPR, _SECTION, _ROW = (_tags(name) for name in ("p", "pPr", "rPr", "sectPr", "tr"))


def accept_revisions(root: Element) -> bool:
    """Accept all tracked changes below `root`, and tell whether there were any."""
    found = list(root.iter(*_REMOVED, *_UNWRAPPED))
    for mark in found:
        parent = mark.getparent()
        if parent is None or root not in mark.iterancestors():
            continue  # went with what it was in
        if parent.tag in _PROPERTIES and mark.tag in _DELETIONS:
            _remove_owner(parent)
        elif mark.tag in _CELL_DELETIONS:
            _remove(parent.getparent())
    for mark in found:
        if mark.tag in _UNWRAPPED and not len(mark) and mark.getparent() is not None:
            _remove(mark)
        elif mark.tag in _UNWRAPPED:
            _unwrap(mark)
        else:
            _remove(mark)
    return bool(found)


def _remove_owner(properties: Element) -> None:
    """Remove a deleted row; join a paragraph whose mark is deleted with the next one, whose properties count."""
    owner = properties.getparent()
    if owner is not None and owner.tag in _ROW:
        _remove(owner)
    elif owner is not None and owner.tag in _PPR:
        paragraph = owner.getparent()
        following = None if paragraph is None else paragraph.getnext()
        if paragraph is not None and following is not None and following.tag in _P and not any(child.tag in _SECTION for child in owner):
            first = next((place for place, child in enumerate(following) if child.tag not in _PPR), len(following))
            following[first:first] = [child for child in paragraph if child is not owner]
            _remove(paragraph)


def _remove(node: Element | None) -> None:
    """Remove a node; the white space behind it stays."""
    parent = None if node is None else node.getparent()
    if node is not None and parent is not None:
        etree.strip_tags(node, etree.Comment)
        _keep_tail(node, parent)
        parent.remove(node)


def _unwrap(node: Element) -> None:
    parent = node.getparent()
    if parent is not None:
        place = parent.index(node)
        _keep_tail(node, parent)
        parent[place : place + 1] = list(node)


def _keep_tail(node: Element, parent: Element) -> None:
    if node.tail:
        before = node.getprevious()
        if before is None:
            parent.text = (parent.text or "") + node.tail
        else:
            before.tail = (before.tail or "") + node.tail
        node.tail = None
