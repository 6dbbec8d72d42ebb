"""What a page says about its own language and encoding, and how to make it true again."""

import re
from collections.abc import Iterator, Sequence

from bs4 import BeautifulSoup, Tag

from parsers.encoding import DecodedText
from parsers.html_rules import LANGUAGE_ATTRIBUTES
from parsers.html_scanner import Attribute, attributes_at
from parsers.html_tree import attribute
from parsers.markup import RIGHT_TO_LEFT_LANGUAGES
from parsers.splicing import Edit

_TEXT_ESCAPES: dict[str, str | int | None] = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\u00a0": "&#160;"}
_ESCAPES = {
    "": str.maketrans(_TEXT_ESCAPES),
    '"': str.maketrans({**_TEXT_ESCAPES, '"': "&quot;"}),
    "'": str.maketrans({**_TEXT_ESCAPES, "'": "&#39;"}),
}
_CHARSET = re.compile(r"""(charset\s*=\s*["']?\s*)[\w.:-]+""", re.IGNORECASE)
_XML_ENCODING = re.compile(r"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)""")


def escape(text: str, quote: str = "") -> str:
    """Return `text` as HTML source; for an attribute's value, also escape its `quote`."""
    return text.translate(_ESCAPES[quote])


def language_edits(source: str, tree: BeautifulSoup, values: Sequence[Attribute], lang: str) -> Iterator[Edit]:
    """Yield the edits that make <html>, the elements that were in Chinese and `content-language` name `lang`."""
    for value in values:
        yield _set(value, lang)
    root = tree.find("html")
    if isinstance(root, Tag):
        yield from _root_edits(source, root, lang)
    for meta in tree.find_all("meta"):
        if isinstance(meta, Tag) and attribute(meta, "http-equiv").strip().lower() == "content-language":
            yield from (_set(value, lang) for value in _attributes(source, meta) if value.name == "content")


def charset_edits(source: str, tree: BeautifulSoup, decoded: DecodedText) -> Iterator[Edit]:
    """Yield the edits that make the page name UTF-8; a page that named no encoding and was in another one learns to."""
    declared = False
    xml = _XML_ENCODING.match(source)
    if xml:
        declared = True
        yield from _unless_utf8(xml.start(1), xml.end(1), xml[1])
    for meta in tree.find_all("meta"):
        if not isinstance(meta, Tag):
            continue
        is_type = attribute(meta, "http-equiv").strip().lower() == "content-type"
        for value in _attributes(source, meta):
            text = source[value.start : value.end]
            if value.name == "charset":
                declared = True
                yield from _unless_utf8(value.start, value.end, text)
            elif is_type and value.name == "content" and (found := _CHARSET.search(text)):
                declared = True
                yield from _unless_utf8(value.start + found.end(1), value.start + found.end(), text[found.end(1) : found.end()])
    if not declared and not decoded.bom and decoded.encoding != "utf-8":
        yield from _new_declaration(source, tree)


def _root_edits(source: str, root: Tag, lang: str) -> Iterator[Edit]:
    """Yield the edits of the <html> tag: its language, and the direction of that where it is not the one of the page."""
    values = [value for value in _attributes(source, root) if value.name in LANGUAGE_ATTRIBUTES]
    yield from (_set(value, lang) for value in values)
    place = (root.sourcepos or 0) + len("<html")
    added = "" if any(value.name == "lang" for value in values) else f' lang="{escape(lang, chr(34))}"'
    direction = "rtl" if lang.split("-", maxsplit=1)[0].lower() in RIGHT_TO_LEFT_LANGUAGES else "ltr"
    stated = [value for value in _attributes(source, root) if value.name == "dir"]
    yield from (_set(value, direction) for value in stated if attribute(root, "dir").strip().lower() not in (direction, "auto"))
    if direction == "rtl" and not stated:
        added += ' dir="rtl"'
    if added:
        yield place, place, added


def _new_declaration(source: str, tree: BeautifulSoup) -> Iterator[Edit]:
    """Yield the edit that declares UTF-8 at the start of <head>, or of a page without one."""
    tag = tree.find("head") or tree.find("html")
    if isinstance(tag, Tag) and tag.sourcepos is not None:
        place = source.index(">", max([tag.sourcepos, *(value.end for value in _attributes(source, tag))])) + 1
        yield place, place, '<meta charset="utf-8">'


def _attributes(source: str, tag: Tag) -> tuple[Attribute, ...]:
    """Return the places of a tag's attributes."""
    return attributes_at(source, tag.sourcepos or 0)


def _set(value: Attribute, text: str) -> Edit:
    """Return the edit that gives an attribute a value."""
    if value.quote:
        return value.start, value.end, escape(text, value.quote)
    return value.start, value.end, f'="{escape(text, chr(34))}"' if value.quote is None else f'"{escape(text, chr(34))}"'


def _unless_utf8(start: int, end: int, label: str) -> Iterator[Edit]:
    """Yield the edit that turns an encoding label into UTF-8, if it is another one."""
    if label.strip().lower() not in ("utf-8", "utf8"):
        yield start, end, "utf-8"
