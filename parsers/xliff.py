"""XLIFF 1.2 and 2.x: the source of each unit is read, its target written. Everything else of the file stays."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from html import unescape
from itertools import count
from xml.sax.saxutils import escape

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import DocumentTooLargeError, UnsupportedFormatError
from parsers.encoding import DecodedText, declared_encoding, decode
from parsers.inline import Atom, Inline, Kind, collapsed
from parsers.splicing import Edit, splice
from parsers.xliff_units import Unit, XliffFile, read_units
from parsers.xml_tokens import XmlTag, check_xml, xml_pieces

MAX_BYTES = 50_000_000

_ELEMENTS = frozenset(["g", "mrk", "pc"])  # hold text; other inline elements are codes, content and all
_ENCODING = re.compile(r"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)""")
_ID = re.compile(r"""(\sid\s*=\s*["'])([^"']*)(["'])""")

_PAIRED_CODE = re.compile(r"""<(?:\w+:)?(bpt|ept)\s(?:[^>]*\s)?(?:rid|id)\s*=\s*["']([^"']*)["']""")


class XliffParser:
    """Reads the units that are to be translated and are not yet; fills their targets and names the target language.

    Inline elements with text (`g`, `pc`, `mrk`) are slots, codes (`x`, `ph`, `bpt`, ...) anchors. A unit is left alone where it, or an
    element around it, says `translate="no"`, and where its target is approved, in a final state, or without a state and not the source.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:  # noqa: ARG002 - none chooses the units
        """Return the sources of the units."""
        file = read_units(_decode(data).text)
        return Document(tuple(_inline(file, unit).block for unit in file.units))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:
        """Return the file with all these targets filled; the very same bytes where no block changed.

        Raises:
            UnsupportedFormatError: the file is for translation into another language.
            ValueError: the blocks are not those of this file.
        """
        decoded = _decode(data)
        file = read_units(decoded.text)
        inlines = [_inline(file, unit) for unit in file.units]
        if all(inline.block == block for inline, block in zip(inlines, blocks, strict=True)):
            return data
        edits = list(_language_edits(file, lang))
        for unit, inline, block in zip(file.units, inlines, blocks, strict=True):
            edits += _unit_edits(file, unit, inline.render(block, escape, _copier(is_v1=file.is_v1)))
        if not options.keep_encoding and (found := _ENCODING.match(file.text)) and found[1].lower() not in ("utf-8", "utf8"):
            edits.append((found.start(1), found.end(1), "utf-8"))
        result = splice(file.text, sorted(edits))
        check_xml(result)
        return decoded.encode_with_references(result) if options.keep_encoding else decoded.encode(result)


def _decode(data: bytes) -> DecodedText:
    """Return the file's text, which is well-formed."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of XLIFF; split the file")
    decoded = decode(data, declared_encoding(data))
    check_xml(decoded.text)
    return decoded


def _inline(file: XliffFile, unit: Unit) -> Inline:
    """Return the source of a unit."""
    found: list[Atom] = []
    depth = 0  # inside a code
    for raw, tag in xml_pieces(file.text, *unit.source):
        if depth:
            found[-1] = Atom(Kind.ANCHOR, found[-1].raw + raw)
            depth += 0 if tag is None or tag.empty else -1 if tag.closes else 1
        elif tag is None:
            found.append(Atom(Kind.ANCHOR, raw) if raw.startswith(("<!--", "<?")) else Atom(Kind.TEXT, raw, _plain(raw)))
        elif tag.name in _ELEMENTS and not tag.empty and not _is_protected(file, tag):
            found.append(Atom(Kind.CLOSE if tag.closes else Kind.OPEN, raw, name=tag.name))
        else:
            found.append(Atom(Kind.ANCHOR, raw))
            depth = int(not tag.empty)
    paired = _paired(found)
    return Inline(paired if unit.preserve else collapsed(paired))


def _paired(found: Sequence[Atom]) -> list[Atom]:
    """Return atoms in which a <bpt> and its <ept>, codes that begin and end something, are an element around what lies between."""
    codes = {match.groups(): place for place, atom in enumerate(found) if (match := _PAIRED_CODE.match(atom.raw))}
    result = list(found)
    for (name, key), place in codes.items():
        end = codes.get(("ept", key), 0)
        if name == "bpt" and place < end:
            result[place] = replace(found[place], kind=Kind.OPEN, name=f"bpt {key}")
            result[end] = replace(found[end], kind=Kind.CLOSE, name=f"bpt {key}")
    return result


def _is_protected(file: XliffFile, tag: XmlTag) -> bool:
    """Tell whether an element says that its text is not to be translated."""
    return file.value(tag, "translate") == "no" or file.value(tag, "mtype") == "protected"


def _plain(raw: str) -> str:
    """Return the text of a piece of source."""
    return raw[len("<![CDATA[") : -len("]]>")] if raw.startswith("<![CDATA[") else unescape(raw)


def _copier(*, is_v1: bool) -> Callable[[str], str]:
    """Return what makes the start tag of an element's copy: XLIFF 2 wants another id, XLIFF 1 the same."""
    numbers = count(2)

    def copied(start: str) -> str:
        return start if is_v1 else _ID.sub(lambda found: f"{found[1]}{found[2]}_{next(numbers)}{found[3]}", start, count=1)

    return copied


def _language_edits(file: XliffFile, lang: str) -> Iterator[Edit]:
    """Yield the edits that name the target language, or raise UnsupportedFormatError where the file names another one."""
    for tag, name in file.languages:
        stated = file.value(tag, name)
        if stated and _primary(stated) != _primary(lang):
            raise UnsupportedFormatError(f"this file is for translation into {stated}, not {lang}; export one for {lang}")
        if not stated:
            yield _attribute_edit(tag, name, lang)


def _primary(language: str) -> str:
    """Return the first subtag of a language tag."""
    return language.replace("_", "-").split("-", maxsplit=1)[0].lower()


def _unit_edits(file: XliffFile, unit: Unit, content: str) -> Iterator[Edit]:
    """Yield the edits that give a unit its target."""
    name = f"{file.root.prefix}:target" if file.root.prefix else "target"
    state = ' state="needs-review-translation"' if file.is_v1 else ""
    if not file.is_v1:
        yield _attribute_edit(unit.tag, "state", "translated")
    if unit.target_tag is None:
        before = file.text[: unit.source_tag.start]
        indent = before[len(before.rstrip()) :]
        yield unit.place, unit.place, f"{indent}<{name}{state}>{content}</{name}>"
    elif unit.target_tag.empty:
        attributes = file.text[unit.target_tag.place : unit.target_tag.end - len("/>")].rstrip()
        yield unit.target_tag.start, unit.target_tag.end, f"<{name}{attributes}>{content}</{name}>"
    else:
        if "state" in unit.target_tag.attributes:
            yield _attribute_edit(unit.target_tag, "state", "needs-review-translation")
        yield *unit.target, content


def _attribute_edit(tag: XmlTag, name: str, value: str) -> Edit:
    """Return the edit that sets an attribute."""
    start, end = tag.attributes.get(name, (tag.place, tag.place))
    return start, end, value if name in tag.attributes else f' {name}="{value}"'
