"""XML as tags that know their place in the source, for formats that are edited in place."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from models.errors import CorruptDocumentError, UnsafeDocumentError

MAX_DEPTH = 100

_TOKEN = re.compile(
    r"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<end>/?)(?P<name>[^\s/>!?]+)(?P<attributes>(?:[^>"']|"[^"]*"|'[^']*')*?)(?P<empty>/?)>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class XmlTag(NamedTuple):
    """A tag: `start` and `end` are its range in the source, `place` is behind its name; `name` has no prefix."""

    name: str
    prefix: str
    start: int
    end: int
    place: int
    attributes: dict[str, tuple[int, int]]
    closes: bool
    empty: bool


def check_xml(source: str) -> None:
    """Raise unless `source` is well-formed, not nested too deep, and without a DOCTYPE, which could define entities.

    Raises:
        UnsafeDocumentError: a DOCTYPE, or too many levels.
        CorruptDocumentError: not well-formed.
    """
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def enter(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise UnsafeDocumentError(f"elements are nested more than {MAX_DEPTH} deep")

    def leave(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise UnsafeDocumentError("it has a DOCTYPE, which this format does not use")

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = enter, leave, refuse
    try:
        parser.Parse(source.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        raise CorruptDocumentError(f"not well-formed XML: {error}") from error


def xml_tags(source: str) -> Iterator[XmlTag]:
    """Yield the tags of well-formed XML."""
    return (_tag(source, match) for match in _TOKEN.finditer(source) if match["name"])


def xml_pieces(source: str, start: int, end: int) -> Iterator[tuple[str, XmlTag | None]]:
    """Yield the tags of an element's content, which is this range, and with None its texts, comments and CDATA sections."""
    position = start
    for match in _TOKEN.finditer(source, start, end):
        if match.start() > position:
            yield source[position : match.start()], None
        yield match[0], _tag(source, match) if match["name"] else None
        position = match.end()
    if position < end:
        yield source[position:end], None


def _tag(source: str, match: re.Match[str]) -> XmlTag:
    """Return the tag that was matched."""
    prefix, _, name = match["name"].rpartition(":")
    attributes = {
        found[1]: found.span(2) if found[2] is not None else found.span(3)
        for found in _ATTRIBUTE.finditer(source, match.start("attributes"), match.end("attributes"))
    }
    return XmlTag(name, prefix, *match.span(), match.end("name"), attributes, bool(match["end"]), bool(match["empty"]))
