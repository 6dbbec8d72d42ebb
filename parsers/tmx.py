"""TMX 1.4b, the exchange format of translation memories: read and written as streams, whatever their size.

Of a segment the text counts, also in `hi`; what `bpt`, `ept`, `it`, `ph` and `ut` hold is code of another format and left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import BinaryIO
from xml.parsers import expat

from models.errors import CorruptDocumentError, DocumentTooLargeError, TranslateDocsError, UnsafeDocumentError

MAX_TEXT = 1_000_000  # characters of one segment
_MAX_DEPTH = 64
_CHUNK_BYTES = 1 << 18
_NATIVE_CODE = frozenset({"bpt", "ept", "it", "ph", "ut"})
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Unit:
    """One `tu`: its texts by language (in lower case, as `zh-cn`), its `prop`s by type, and the line of the file it begins on."""

    texts: Mapping[str, str]
    props: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


def read_units(file: BinaryIO, name: str) -> Iterator[Unit]:
    """Yield the units of a TMX file; `name` stands in errors.

    Raises:
        CorruptDocumentError: the file is not TMX, with the line.
        UnsafeDocumentError: the file declares entities, or nests absurdly deep.
        DocumentTooLargeError: a segment is too long.
    """
    reader = _Reader(name)
    while chunk := file.read(_CHUNK_BYTES):
        reader.feed(chunk)
        yield from reader.take()
    reader.feed(b"", last=True)
    yield from reader.take()


def write_units(file: BinaryIO, units: Iterable[Unit], source_language: str) -> int:
    """Write units as a TMX file and return how many; those with characters that XML cannot hold are left out."""
    file.write(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n<header creationtool="translate-docs" creationtoolversion="1" '
        b'segtype="sentence" o-tmf="translate-docs" adminlang="en" datatype="plaintext" '
        + f'srclang="{source_language}"/>\n<body>\n'.encode()
    )
    written = 0
    for unit in units:
        if not any(map(_NOT_IN_XML.search, unit.texts.values())):
            file.write(_to_xml(unit).encode())
            written += 1
    file.write(b"</body>\n</tmx>\n")
    return written


def _to_xml(unit: Unit) -> str:
    props = "".join(f'<prop type="{escape(kind)}">{escape(value)}</prop>' for kind, value in unit.props.items())
    # A reader takes \r for \n unless it is written like this.
    texts = {language: escape(text, quote=False).replace("\r", "&#13;") for language, text in unit.texts.items()}
    variants = "".join(f'<tuv xml:lang="{language}"><seg>{text}</seg></tuv>' for language, text in texts.items())
    return f"<tu>{props}{variants}</tu>\n"


class _Reader:
    """What expat calls: keeps the unit that is open, and those that are done until someone takes them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[str] = []
        self._done: list[Unit] = []
        self._texts: dict[str, str] = {}
        self._props: dict[str, str] = {}
        self._line = 0
        self._key = ""  # the language of the variant or the type of the property that is open
        self._text: list[str] | None = None
        self._length = 0
        self._native = 0  # elements of native code that are open
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.EntityDeclHandler = self._entity
        self._parser.SkippedEntityHandler = self._entity

    def feed(self, data: bytes, *, last: bool = False) -> None:
        """Parse some more of the file."""
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise CorruptDocumentError(f"{self._name}:{error.lineno}: not well-formed XML ({reason})") from error

    def take(self) -> list[Unit]:
        """Return the units that were finished since the last call."""
        done, self._done = self._done, []
        return done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._path and tag != "tmx":
            raise self._error(CorruptDocumentError, f"the root element is <{tag}>, not <tmx>")
        self._path.append(tag)
        if len(self._path) > _MAX_DEPTH:
            raise self._error(UnsafeDocumentError, f"elements are nested more than {_MAX_DEPTH} deep")
        if tag == "tu":
            self._texts, self._props, self._line = {}, {}, self._parser.CurrentLineNumber
        elif tag == "tuv":
            self._key = attributes.get("xml:lang", attributes.get("lang", "")).lower()
            if not self._key:
                raise self._error(CorruptDocumentError, "a <tuv> does not name its language (xml:lang)")
        elif tag == "prop":
            self._key = attributes.get("type", "")
        if tag in {"seg", "prop"}:
            self._text, self._length = [], 0
        self._native += tag in _NATIVE_CODE

    def _end(self, tag: str) -> None:
        self._path.pop()
        self._native -= tag in _NATIVE_CODE
        if tag == "tu":
            self._done.append(Unit(self._texts, self._props, self._line))
        elif tag in {"seg", "prop"} and self._text is not None:
            where = self._texts if tag == "seg" else self._props
            where.setdefault(self._key, "".join(self._text))
            self._text = None

    def _characters(self, text: str) -> None:
        if self._text is None or self._native:
            return
        self._text.append(text)
        self._length += len(text)
        if self._length > MAX_TEXT:
            raise self._error(DocumentTooLargeError, f"a segment is longer than {MAX_TEXT:,} characters")

    def _entity(self, name: str, *_: object) -> None:
        raise self._error(UnsafeDocumentError, f"entity {name}: entities of a file's own are not allowed")

    def _error(self, kind: type[TranslateDocsError], message: str) -> TranslateDocsError:
        return kind(f"{self._name}:{self._parser.CurrentLineNumber}: {message}")
