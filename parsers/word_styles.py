"""What a run looks like: its own properties over those of its styles, reduced to what a reader of English text would see.

Of the styles of the standard (ISO/IEC 29500-1, 17.7.2), those of tables and lists are left out: all runs of a paragraph have the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from parsers.word_names import DRAWING_NAMESPACES, Element, attribute

Properties = Mapping[str, tuple[str, ...]]

_OFF = frozenset(["0", "false", "off"])
_ON_OFF = frozenset(
    "b i caps smallCaps strike dstrike outline shadow emboss imprint vanish webHidden specVanish".split()  # noqa: SIM905 - reads as a list
)
_TOGGLES = _ON_OFF - {"dstrike", "webHidden", "specVanish"}  # in styles of both kinds, they cancel out
# Proofing, complex scripts, East Asian layout and tracked formatting: nothing that a word of English shows.
_UNSEEN = frozenset(
    "rStyle lang noProof bCs iCs szCs rtl cs kern snapToGrid fitText eastAsianLayout rPrChange ins del moveFrom moveTo oMath".split()  # noqa: SIM905
)
_PLAIN: Final = {
    ("u", ("none",)),
    ("highlight", ("none",)),
    ("vertAlign", ("baseline",)),
    ("baseline", ("0",)),
    ("color", ("auto",)),
    ("effect", ("none",)),
    ("em", ("none",)),
    ("position", ("0",)),
    ("spacing", ("0",)),
    ("w", ("100",)),
}
_VISIBLE_BLANKS = frozenset(["u", "highlight", "shd", "strike", "dstrike", "bdr", "em"])
_FONTS = (("font", ("asciiTheme", "ascii")), ("font.other", ("hAnsiTheme", "hAnsi")))
_DRAWING = tuple(f"{{{namespace}}}" for namespace in DRAWING_NAMESPACES)
_DRAWING_UNSEEN = frozenset(["lang", "altLang", "dirty", "err", "noProof", "smtClean", "smtId", "kumimoji", "kern"])


@dataclass(frozen=True, slots=True)
class Look:
    """How a run looks: runs with one `number` look alike. `is_kept` tells that its text is not to be translated."""

    number: int
    is_hidden: bool = False
    is_kept: bool = False
    shows_blanks: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """One paragraph or character style: the name that Word shows, the style it is based on, its own run properties."""

    name: str
    base: str | None
    properties: Properties


@dataclass(slots=True)
class Looks:
    """The looks of a document's runs, numbered as they are met; `kept` are folded names of styles and colours."""

    defaults: Properties = field(default_factory=dict)
    styles: Mapping[str, Style] = field(default_factory=dict)
    default_paragraph: str | None = None
    kept: frozenset[str] = frozenset()
    _numbers: dict[object, int] = field(default_factory=dict)
    _known: dict[object, Look] = field(default_factory=dict)

    def of(self, run: Element | None, paragraph_style: str | None) -> Look:
        """Return the look of a run in a paragraph of that style."""
        properties = None if run is None else run.find(f"{str(run.tag)[:-1]}rPr")
        direct = () if properties is None else tuple(_direct(properties))
        key = (paragraph_style, direct)
        if key not in self._known:
            self._known[key] = self._resolve(dict(direct), paragraph_style)
        return self._known[key]

    def _resolve(self, direct: Properties, paragraph_style: str | None) -> Look:
        character_style = direct.get("rStyle", (None,))[0]
        paragraph = self._inherited(paragraph_style or self.default_paragraph)
        character = self._inherited(character_style)
        seen = {**self.defaults, **paragraph, **character, **direct}
        for name in _TOGGLES & seen.keys() - direct.keys():
            on = (paragraph.get(name) == ("1",)) != (character.get(name) == ("1",)) or self.defaults.get(name) == ("1",)
            seen[name] = ("1",) if on else ("0",)
        shown = {name: value for name, value in seen.items() if name not in _UNSEEN and (name, value) not in _PLAIN}
        shown = {name: value for name, value in shown.items() if name not in _ON_OFF or value == ("1",)}
        number = self._numbers.setdefault(frozenset(shown.items()), len(self._numbers))
        return Look(number, "vanish" in shown, self._is_kept(seen, paragraph_style, character_style), bool(_VISIBLE_BLANKS & shown.keys()))

    def _is_kept(self, seen: Properties, *styles: str | None) -> bool:
        if not self.kept:
            return False
        names = {name.casefold() for style in styles if style for name in (style, self._name(style))}
        return bool(self.kept & (names | {seen.get("highlight", ("",))[0].casefold()}))

    def _name(self, style: str) -> str:
        return self.styles[style].name if style in self.styles else style

    def _inherited(self, style: str | None) -> Properties:
        """Return the properties of a style and those it is based on; a circle ends where it closes."""
        chain: list[Properties] = []
        seen: set[str] = set()
        while style is not None and style in self.styles and style not in seen:
            seen.add(style)
            chain.append(self.styles[style].properties)
            style = self.styles[style].base
        return {name: value for properties in reversed(chain) for name, value in properties.items()}


@dataclass(frozen=True, slots=True)
class StyleTable:
    """What a styles part says of runs: the properties of all, the styles by identifier, and the style of paragraphs that name none."""

    defaults: Properties
    styles: Mapping[str, Style]
    default_paragraph: str | None


def style_table(root: Element) -> StyleTable:
    """Return what the styles part with this root says."""
    word = str(root.tag).rpartition("}")[0] + "}"
    styles: dict[str, Style] = {}
    default_paragraph = None
    for node in root.iterchildren(f"{word}style"):
        identifier = node.get(f"{word}styleId", "")
        styles[identifier] = _style(node, word, identifier)
        if node.get(f"{word}type") == "paragraph" and node.get(f"{word}default") in {"1", "true", "on"}:
            default_paragraph = identifier
    return StyleTable(_own(root.find(f"{word}docDefaults/{word}rPrDefault/{word}rPr")), styles, default_paragraph)


def looks_of(table: StyleTable | None, kept: tuple[str, ...] = ()) -> Looks:
    """Return the looks by the styles of a document; `kept` names the styles and colours of text that is not translated."""
    folded = frozenset(name.casefold() for name in kept)
    if table is None:
        return Looks(kept=folded)
    return Looks(table.defaults, table.styles, table.default_paragraph, folded)


def _style(node: Element, word: str, identifier: str) -> Style:
    name, base, properties = identifier, None, None
    for child in node:
        if child.tag == f"{word}name":
            name = child.get(f"{word}val", identifier)
        elif child.tag == f"{word}basedOn":
            base = child.get(f"{word}val")
        elif child.tag == f"{word}rPr":
            properties = child
    return Style(name, base, _own(properties))


def _own(properties: Element | None) -> Properties:
    return {} if properties is None else dict(_direct(properties))


def _direct(properties: Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name and value of each property; an on-off property is `1` or `0`."""
    if str(properties.tag).startswith(_DRAWING):
        yield from _drawn(properties)
        return
    for child in properties.iterchildren("*"):
        name = str(child.tag).rpartition("}")[2]
        if name == "rFonts":
            yield from _fonts(child)
        elif name in _ON_OFF:
            yield name, ("0" if attribute(child, "val") in _OFF else "1",)
        elif name == "rStyle" or name not in _UNSEEN:
            yield name, _values(child)


def _values(node: Element) -> tuple[str, ...]:
    value = attribute(node, "val")
    others = sorted(f"{str(name).rpartition('}')[2]}={text!s}" for name, text in node.items() if not str(name).endswith("}val"))
    return tuple(others) if value is None else (value, *others)


def _fonts(node: Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, attributes in _FONTS:
        for choice in attributes:
            if value := attribute(node, choice):
                yield name, (value,)
                break


def _drawn(properties: Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what DrawingML says in attributes and, in children, of fills, lines and fonts."""
    for name, value in sorted(properties.items()):
        if name not in _DRAWING_UNSEEN:
            yield str(name), (str(value),)
    for child in properties.iterchildren("*"):
        name = str(child.tag).rpartition("}")[2]
        if name not in {"ea", "cs", "sym"}:
            yield name, tuple(f"{node.tag!s}{sorted(node.items())}" for node in child.iter("*"))
