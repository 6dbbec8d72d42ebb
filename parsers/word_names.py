"""The vocabulary of Office Open XML that matters to text, in both of its spellings (transitional and strict)."""

import re
from typing import Final, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element  # noqa: SLF001  (lxml has no public name for it)

WORD_NAMESPACES: Final = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
DRAWING_NAMESPACES: Final = ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main")
_CHART = ("http://schemas.openxmlformats.org/drawingml/2006/chart", "http://purl.oclc.org/ooxml/drawingml/chart")
_MATH = ("http://schemas.openxmlformats.org/officeDocument/2006/math", "http://purl.oclc.org/ooxml/officeDocument/math")
_COMPATIBILITY = ("http://schemas.openxmlformats.org/markup-compatibility/2006",)
_VML = ("urn:schemas-microsoft-com:vml",)
_DUBLIN_CORE = ("http://purl.org/dc/elements/1.1/",)
_PROPERTIES = (
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "http://purl.oclc.org/ooxml/package/metadata/core-properties",
)

HAN: Final = re.compile("[\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")

XML_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"

BREAKS: Final = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n"}
RANGE_MARKS: Final = frozenset(["bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "permStart", "permEnd"])
ANCHORS: Final = RANGE_MARKS | {
    *("footnoteReference", "endnoteReference", "commentReference", "footnoteRef", "endnoteRef", "annotationRef"),
    *("drawing", "pict", "object", "contentPart", "sym", "noBreakHyphen", "softHyphen"),
}
GONE: Final = frozenset(["del", "moveFrom"])
REMOVABLE: Final = {"tr": ("trPr", "del"), "tc": ("tcPr", "cellDel")}  # with the mark that says they are deleted
WRAPPERS: Final = frozenset(["hyperlink", "ins", "moveTo", "sdt", "ruby", "smartTag", "customXml"])
NOTES: Final = frozenset(["footnote", "endnote"])
SKIPPED: Final = frozenset(["pPr", "rt", "numCache", "numLit"])
VALUES: Final = frozenset(["v", "property"])  # elements whose whole text is a block

_WORD = ("p", "t", "fldChar", "instrText", "fldSimple", "pPr", "rt", *BREAKS, *ANCHORS, *GONE, *REMOVABLE, *WRAPPERS, *NOTES)


def _tags(namespaces: tuple[str, ...], *names: str) -> dict[str, str]:
    return {f"{{{namespace}}}{name}": name for namespace in namespaces for name in names}


NAMES: Final[dict[str, str]] = (
    _tags(WORD_NAMESPACES, *_WORD)
    | _tags(DRAWING_NAMESPACES, "p", "t", "br", "fld")
    | _tags(_CHART, "v", "numCache", "numLit")
    | _tags(_MATH, "oMath")
    | _tags(_COMPATIBILITY, "Fallback")
    | _tags(_VML, "textpath")
    | dict.fromkeys([*_tags(_DUBLIN_CORE, "title", "subject", "description"), *_tags(_PROPERTIES, "keywords", "category")], "property")
)
RUN_TAGS: Final = frozenset(_tags((*WORD_NAMESPACES, *DRAWING_NAMESPACES), "r"))


def attribute(node: Element, name: str) -> str | None:
    """Return the attribute `name` in the node's own namespace, as Word writes its attributes."""
    namespace, _, _ = str(node.tag).rpartition("}")
    return node.get(f"{namespace}}}{name}")


def is_deleted(node: Element) -> bool:
    """Tell whether a table row or cell is marked as deleted."""
    namespace, _, name = str(node.tag).rpartition("}")
    properties, mark = REMOVABLE[name]
    return node.find(f"{namespace}}}{properties}/{namespace}}}{mark}") is not None


def run_of(node: Element) -> Element | None:
    """Return the run that a node is in, if it is in one."""
    parent = node.getparent()
    while parent is not None and parent.tag not in RUN_TAGS:
        if parent.tag in NAMES and NAMES[parent.tag] == "p":
            return None
        parent = parent.getparent()
    return parent
