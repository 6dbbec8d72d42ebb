"""The parts of a Word document that hold text: found by their relationships, parsed with care, serialised as they were."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PACKAGE_URI, PackURI
from lxml import etree

from models.document import DEFAULT_OPTIONS, ReadOptions
from models.errors import CorruptDocumentError, UnsafeDocumentError
from parsers.package import Package
from parsers.word_names import WORD_NAMESPACES
from parsers.word_styles import StyleTable, style_table

TRANSITIONAL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"
STORIES: Final = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER, RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES)
GRAPHICS: Final = (
    RELATIONSHIP_TYPE.CHART,
    RELATIONSHIP_TYPE.DIAGRAM_DATA,
    "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing",
)
_CORE_PROPERTIES = (RELATIONSHIP_TYPE.CORE_PROPERTIES, f"{TRANSITIONAL}/metadata/core-properties")
_SIGNATURES = (RELATIONSHIP_TYPE.ORIGIN,)

_CONTENT_TYPES = "[Content_Types].xml"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]*\?>\s*")
_STANDARD_DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Part:
    """One parsed part: the XML tree and the bytes it came from."""

    name: str
    source: bytes
    tree: "etree._ElementTree"

    def serialise(self) -> bytes:
        """Return the tree as UTF-8, under the XML declaration the part had."""
        body = etree.tostring(self.tree, encoding="UTF-8", xml_declaration=False)
        if (self.tree.docinfo.encoding or "UTF-8").upper() != "UTF-8":
            return _STANDARD_DECLARATION + body
        declaration = _DECLARATION.match(self.source)
        if declaration:
            return declaration.group() + body
        return _BYTE_ORDER_MARK + body if self.source.startswith(_BYTE_ORDER_MARK) else body


def parse(name: str, source: bytes) -> Part:
    """Parse a part without entities, network or DTD; the library's own limits on depth and text length stay on."""
    if any(doctype in source for doctype in _DOCTYPES):
        raise UnsafeDocumentError(f"{name} holds a <!DOCTYPE>, which Word never writes; save the document again in Word")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise UnsafeDocumentError(f"{name} is nested too deep or has one endless text; save the document again in Word") from error
        reason = " ".join(error.msg.split())
        raise CorruptDocumentError(f"{name} is not well-formed XML ({reason}); save the document again in Word") from error
    return Part(name, source, root.getroottree())


def text_parts(package: Package, options: ReadOptions = DEFAULT_OPTIONS) -> list[Part]:
    """Return the main part, then its headers, footers, footnotes and endnotes, and what else the options ask for, each once."""
    if _CONTENT_TYPES not in package:
        raise CorruptDocumentError("not a Word document: [Content_Types].xml is missing; open it in Word and save it as .docx")
    main = _main_part(package)
    found = {main.name.lower(): main}
    kinds = (*STORIES, *([RELATIONSHIP_TYPE.COMMENTS] * options.comments), *(GRAPHICS * options.graphics))
    for name in _related(package, main.name, kinds):
        found.setdefault(name.lower(), parse(name, package.read(name)))
        for graphic in _related(package, name, GRAPHICS * options.graphics):  # charts in headers
            found.setdefault(graphic.lower(), parse(graphic, package.read(graphic)))
    for kind, name in _relationships(package, PACKAGE_URI):
        if options.properties and kind in _CORE_PROPERTIES and name in package:
            found.setdefault(name.lower(), parse(name, package.read(name)))
    return list(found.values())


def styles_of(package: Package, main: Part) -> StyleTable | None:
    """Return what the styles part says, if there is one."""
    names = _related(package, main.name, (RELATIONSHIP_TYPE.STYLES,))
    return _styles(names[0], package.read(names[0])) if names else None


@lru_cache(maxsize=16)  # a document is read twice, and many are made from one template
def _styles(name: str, source: bytes) -> StyleTable:
    return style_table(parse(name, source).tree.getroot())


def numbering_of(package: Package, main: Part) -> Part | None:
    """Return the part that says how lists are numbered, if there is one."""
    names = _related(package, main.name, (RELATIONSHIP_TYPE.NUMBERING,))
    return parse(names[0], package.read(names[0])) if names else None


def is_signed(package: Package) -> bool:
    """Tell whether the package carries a digital signature, which no changed document keeps valid."""
    return any(kind in _SIGNATURES for kind, _ in _relationships(package, PACKAGE_URI))


def _related(package: Package, source: str, kinds: tuple[str, ...]) -> list[str]:
    """Return the names of the parts that `source` has relationships of these kinds to, in the order of the kinds."""
    if not kinds:
        return []
    related = [
        (kinds.index(kind), name) for kind, name in _relationships(package, PackURI(f"/{source}")) if kind in kinds and name in package
    ]
    return [name for _, name in sorted(related, key=lambda item: item[0])]


def _main_part(package: Package) -> Part:
    for kind, name in _relationships(package, PACKAGE_URI):
        if kind == RELATIONSHIP_TYPE.OFFICE_DOCUMENT and name in package:
            part = parse(name, package.read(name))
            if part.tree.getroot().tag in {f"{{{namespace}}}document" for namespace in WORD_NAMESPACES}:
                return part
            raise CorruptDocumentError(f"not a Word document: its main part is {name}; open it in Word and save it as .docx")
    raise CorruptDocumentError("not a Word document: its main part is missing; open it in Word and save it as .docx")


def _relationships(package: Package, source: PackURI) -> Iterator[tuple[str, str]]:
    """Yield the type, in its transitional spelling, and the part name of each internal relationship of `source`."""
    name = source.rels_uri.membername
    if name not in package:
        return
    for relationship in parse(name, package.read(name)).tree.getroot().iterchildren("{*}Relationship"):
        target = relationship.get("Target")
        if target and relationship.get("TargetMode") != "External":
            kind = relationship.get("Type", "").replace(STRICT, TRANSITIONAL)
            yield kind, _resolve(source, target)


def _resolve(source: PackURI, target: str) -> str:
    return str(PackURI.from_rel_ref(source.baseURI, target).membername)
