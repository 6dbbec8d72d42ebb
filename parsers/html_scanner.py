"""HTML source to tokens that know their place in it.

The rules are those of the HTML standard's tokenizer, so that the text found is the text a browser shows. The standard library's tokenizer
is not used: it takes quadratic time on malformed input (hours for a megabyte of `<a `), raises on some, differs between patch releases of
Python, and does not say where an attribute's value stands. Every step here moves forward: the time is linear whatever the input.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from parsers.markup import ESCAPABLE_RAW_TEXT_TAGS, RAW_TEXT_TAGS

_NAME = r"[a-zA-Z][^\t\n\f\r />]*+"
_MARKUP = re.compile(
    rf"<(?:(?P<comment>!--)|(?P<cdata>!\[CDATA\[)|(?P<code>\?(?:xml|php|=))|(?P<bogus>[!?]|/(?![a-zA-Z]))|(?P<tag>/?{_NAME}))"
)
_COMMENT_END = re.compile(r"--!?>")
_ATTRIBUTE = re.compile(
    r"""
    [\t\n\f\r /]*+
    (?: (?P<end>>)
      | (?P<name>[^\t\n\f\r />][^\t\n\f\r />=]*+)
        (?: [\t\n\f\r ]*+ = [\t\n\f\r ]*+
            (?: "(?P<double>[^"]*+)" | '(?P<single>[^']*+)' | (?P<bare>[^\t\n\f\r >"'][^\t\n\f\r >]*+) | (?=>) )
        )?
    )
    """,
    re.VERBOSE,
)
_QUOTES = {"double": '"', "single": "'", "bare": ""}


class Attribute(NamedTuple):
    """An attribute with the range of its value in the source, inside the quotes; without a value the range is empty and `quote` None."""

    name: str
    start: int
    end: int
    quote: str | None


class StartTag(NamedTuple):
    """A start tag; `start` is the place of its `<`, `end` is behind its `>`."""

    name: str
    start: int
    end: int
    attributes: tuple[Attribute, ...]
    self_closing: bool


class EndTag(NamedTuple):
    """An end tag; `start` and `end` as in `StartTag`."""

    name: str
    start: int
    end: int


class Comment(NamedTuple):
    """A comment, a declaration or what browsers take for one; `start` is the place of its `<`."""

    start: int
    end: int


class Text(NamedTuple):
    """A range of the source that is text; character references are not resolved."""

    start: int
    end: int


Token = StartTag | EndTag | Comment | Text


def scan_attributes(source: str, position: int) -> tuple[tuple[Attribute, ...], int, bool] | None:
    """Return a tag's attributes from `position` on, the place behind its `>`, whether it closes itself; None if it never ends."""
    attributes: list[Attribute] = []
    while match := _ATTRIBUTE.match(source, position):
        position = match.end()
        if match["end"]:
            return tuple(attributes), position, source[position - 2] == "/" and position - 2 >= match.start()
        attributes.append(_attribute(match))
    return None


def attributes_at(source: str, tag_start: int) -> tuple[Attribute, ...]:
    """Return the attributes of the start tag whose `<` stands at `tag_start`, the first of each name."""
    match = _MARKUP.match(source, tag_start)
    scanned = scan_attributes(source, match.end()) if match else None
    return tuple({attribute.name: attribute for attribute in reversed(scanned[0])}.values()) if scanned else ()


def scan(source: str) -> Iterator[Token]:
    """Yield the markup and texts of `source` in order; broken markup at its end is passed over."""
    position = text_start = 0
    unclosed: set[str] = set()
    while match := _MARKUP.search(source, position):
        if match.start() > text_start:
            yield Text(text_start, match.start())
        tag = match["tag"]
        if tag is None:
            position = text_start = _end_of_declaration(source, match)
            yield Comment(match.start(), position)
            continue
        scanned = scan_attributes(source, match.end())
        if scanned is None:
            return
        attributes, position, self_closing = scanned
        text_start = position
        if tag.startswith("/"):
            yield EndTag(tag[1:].lower(), match.start(), position)
            continue
        start_tag = StartTag(tag.lower(), match.start(), position, attributes, self_closing)
        yield start_tag
        position = _end_of_raw_text(source, start_tag, unclosed)
    if text_start < len(source):
        yield Text(text_start, len(source))


def _attribute(match: re.Match[str]) -> Attribute:
    """Return the attribute that was matched."""
    kind = match.lastgroup or ""
    if kind in _QUOTES:
        return Attribute(match["name"].lower(), match.start(kind), match.end(kind), _QUOTES[kind])
    return Attribute(match["name"].lower(), match.end(), match.end(), None)


def _end_of_declaration(source: str, match: re.Match[str]) -> int:
    """Return the place behind a comment, CDATA section, processing instruction, doctype or bogus comment."""
    if match["comment"]:
        end = _COMMENT_END.search(source, match.start() + 2)  # `<!-->` is whole
        return end.end() if end else len(source)
    closer = ">"
    if match["cdata"]:
        closer = "]]>"
    elif match["code"]:
        closer = "?>"
    end_at = source.find(closer, match.end())
    return len(source) if end_at < 0 else end_at + len(closer)


def _end_of_raw_text(source: str, tag: StartTag, unclosed: set[str]) -> int:
    """Return where to look for the next markup: behind the content of an element like <script>, else right behind the tag."""
    raw = tag.name in RAW_TEXT_TAGS
    if tag.self_closing or tag.name in unclosed or not (raw or tag.name in ESCAPABLE_RAW_TEXT_TAGS):
        return tag.end
    end = re.compile(rf"</{tag.name}(?=[\t\n\f\r />])", re.IGNORECASE).search(source, tag.end)
    if end:
        return end.start()
    unclosed.add(tag.name)  # searched once, so that a page of unclosed titles stays linear
    return len(source) if raw else tag.end
