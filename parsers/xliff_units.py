"""The units of an XLIFF file that are to be translated, and where their targets go."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

from models.errors import CorruptDocumentError
from parsers.xml_tokens import XmlTag, xml_tags

_UNITS = frozenset(["trans-unit", "segment"])
_CONTENTS = frozenset(["alt-trans", "seg-source", "source", "target"])
_DONE_STATES = frozenset(["final", "reviewed", "signed-off", "translated"])


@dataclass(slots=True)
class Unit:
    """A <trans-unit> or <segment>. The ranges are contents of elements; `place` is where a target goes that is not there yet."""

    tag: XmlTag
    source_tag: XmlTag
    source: tuple[int, int] = (0, 0)
    preserve: bool = False
    place: int = 0
    target_tag: XmlTag | None = None
    target: tuple[int, int] = (0, 0)

    def take(self, tag: XmlTag, end: XmlTag, *, preserve: bool) -> None:
        """Note the source or the target, which ends with the tag `end`."""
        content = tag.end, max(end.start, tag.end)
        if tag.name == "source":
            self.source_tag, self.source, self.preserve = tag, content, preserve
        if tag.name in ("source", "seg-source"):
            self.place = end.end
        elif tag.name == "target":
            self.target_tag, self.target = tag, content


@dataclass(slots=True)
class XliffFile:
    """What of a file may change: its open units, and the tags and attributes that name the target language."""

    text: str
    root: XmlTag
    units: list[Unit] = field(default_factory=list)
    languages: list[tuple[XmlTag, str]] = field(default_factory=list)

    @property
    def is_v1(self) -> bool:
        """Whether this is XLIFF 1."""
        return self.value(self.root, "version").startswith("1.")

    def value(self, tag: XmlTag, name: str) -> str:
        """Return the value of an attribute, empty where there is none."""
        start, end = tag.attributes.get(name, (0, 0))
        return unescape(self.text[start:end])


class _Scope(NamedTuple):
    """What holds inside an element: whether text is translated, and whether its white space counts."""

    translate: bool = True
    preserve: bool = False

    def inside(self, file: XliffFile, tag: XmlTag) -> "_Scope":
        """Return what holds inside an element further in."""
        translate, space = file.value(tag, "translate"), file.value(tag, "xml:space")
        return _Scope(translate != "no" if translate else self.translate, space == "preserve" if space else self.preserve)


def read_units(text: str) -> XliffFile:
    """Return the open units of well-formed XML.

    Raises:
        CorruptDocumentError: it is not XLIFF 1 or 2.
    """
    tags = xml_tags(text)
    root = next(tags)
    file = XliffFile(text, root)
    if root.name != "xliff" or file.value(root, "version")[:2] not in ("1.", "2."):
        raise CorruptDocumentError("not XLIFF 1 or 2: the root is not <xliff> with such a version")
    own = [tag for tag in tags if tag.prefix == root.prefix]
    file.languages = (
        [(tag, "target-language") for tag in own if tag.name == "file" and not tag.closes] if file.is_v1 else [(root, "trgLang")]
    )
    _collect(file, iter(own))
    return file


def _collect(file: XliffFile, tags: Iterator[XmlTag]) -> None:
    """Collect the open units."""
    scopes = [_Scope().inside(file, file.root)]
    unit: Unit | None = None
    for tag in tags:
        if tag.closes:
            scopes.pop()
            if unit and tag.name in _UNITS:
                file.units += [] if _is_done(file, unit) else [unit]
                unit = None
            continue
        scope = scopes[-1].inside(file, tag)
        if unit and tag.name in _CONTENTS:
            unit.take(tag, _end_of(tags, tag), preserve=scope.preserve)
            continue
        scopes += [] if tag.empty else [scope]
        if tag.name in _UNITS and scope.translate and not tag.empty:
            unit = Unit(tag, tag)


def _end_of(tags: Iterator[XmlTag], tag: XmlTag) -> XmlTag:
    """Return the end tag of an element, having passed over its content; the tag itself where it is empty."""
    depth = 0 if tag.empty else 1
    end = tag
    while depth:
        end = next(tags)
        depth += -1 if end.closes else int(not end.empty)
    return end


def _is_done(file: XliffFile, unit: Unit) -> bool:
    """Tell whether a unit's target is to be left alone, or there is nothing to translate."""
    source, target = (file.text[slice(*content)].strip() for content in (unit.source, unit.target))
    if not source or not target or unit.target_tag is None:
        return not source
    state = file.value(unit.target_tag if file.is_v1 else unit.tag, "state")
    return file.value(unit.tag, "approved") == "yes" or state in _DONE_STATES or (not state and target != source)
