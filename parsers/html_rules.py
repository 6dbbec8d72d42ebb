"""Which text of a page is translated: the rules over the data of `parsers.markup`."""

import re
from dataclasses import dataclass

from bs4 import Tag

from parsers.html_scanner import Comment, scan
from parsers.html_tree import SourceText, attribute
from parsers.markup import (
    BLOCK_TAGS,
    CHINESE_LANGUAGES,
    CODE_CLASS,
    CODE_TAGS,
    IGNORED_TAGS,
    KEPT_WORD_TAGS,
    LABEL_TAGS,
    META_NAMES,
    OTHER_HAN_LANGUAGES,
    SVG_TEXT_TAGS,
    TEXT_ATTRIBUTES,
    VALUE_INPUT_TYPES,
)
from parsers.whitespace import is_wide

LANGUAGE_ATTRIBUTES = ("lang", "xml:lang")

_SWITCH = re.compile(r"<!--\s*translate:\s*(off|on)\s*-->")


@dataclass(frozen=True, slots=True)
class State:
    """What the elements around a node say about it.

    `ignored` is for good (`script`), `translate` may be switched on again further in, `hidden` is an <svg> outside its texts; `lines` is a
    <pre>, whose white space is shown as it is; `label` is the place of the link or label around the node, -1 outside.
    """

    translate: bool = True
    ignored: bool = False
    hidden: bool = False
    lines: bool = False
    label: int = -1

    @property
    def open(self) -> bool:
        """Whether text here is translated."""
        return self.translate and not self.ignored and not self.hidden


def inner_state(state: State, tag: Tag) -> State:
    """Return the state inside `tag`, whose surroundings have `state`."""
    return State(
        translate=_translates(state, tag),
        ignored=state.ignored or tag.name in IGNORED_TAGS or (tag.name == "pre" and _shows_code(tag)),
        hidden=tag.name == "svg" or (state.hidden and tag.name not in SVG_TEXT_TAGS),
        lines=state.lines or tag.name == "pre",
        label=(tag.sourcepos or 0) if tag.name in LABEL_TAGS else state.label,
    )


def readable_attributes(tag: Tag) -> frozenset[str]:
    """Return the names of the attributes of `tag` whose values people read."""
    if tag.name == "meta":
        names = {attribute(tag, name).strip().lower() for name in ("name", "property", "itemprop")}
        return frozenset(["content"]) if names & META_NAMES else frozenset()
    if tag.name == "input" and attribute(tag, "type").strip().lower() in VALUE_INPUT_TYPES:
        return TEXT_ATTRIBUTES | {"value"}
    return TEXT_ATTRIBUTES


def switched_off(source: str) -> list[tuple[int, int]]:
    """Return the ranges of the source between the comments `translate:off` and `translate:on`, or the end of the page."""
    ranges: list[tuple[int, int]] = []
    start = None
    if "translate:off" not in source:
        return ranges
    for token in scan(source):
        switch = _SWITCH.fullmatch(source, token.start, token.end) if isinstance(token, Comment) else None
        if switch and switch[1] == "off":
            start = switch.start() if start is None else start
        elif switch and start is not None:
            ranges.append((start, switch.end()))
            start = None
    return ranges if start is None else [*ranges, (start, len(source))]


def is_chinese(language: str) -> bool:
    """Tell whether a language tag names Chinese."""
    return _primary(language) in CHINESE_LANGUAGES


def is_kept_word(tag: Tag, state: State) -> bool:
    """Tell whether an element in an open sentence stands there as a word that stays as it is; `state` is the one inside it."""
    return tag.name in KEPT_WORD_TAGS or (not state.translate and tag.name not in BLOCK_TAGS)


def _shows_code(tag: Tag) -> bool:
    """Tell whether a <pre> shows code, as it says itself or as most of its characters do, not lines of Chinese."""
    if CODE_CLASS.search(attribute(tag, "class").lower()) or tag.find(list(CODE_TAGS)):
        return True
    characters = [c for text in tag.descendants if isinstance(text, SourceText) for c in text if not c.isspace()]
    return 2 * sum(map(is_wide, characters)) < len(characters)


def _translates(state: State, tag: Tag) -> bool:
    """Tell whether `translate`, the class `notranslate` and `lang` leave text inside `tag` open."""
    if "translate" in tag.attrs:
        return attribute(tag, "translate").strip().lower() != "no"
    if "notranslate" in attribute(tag, "class").split():
        return False
    foreign = tag.name not in ("html", "body") and any(
        _primary(attribute(tag, name)) in OTHER_HAN_LANGUAGES for name in LANGUAGE_ATTRIBUTES
    )
    return state.translate and not foreign


def _primary(language: str) -> str:
    """Return the first subtag of a language tag, in lower case."""
    return language.strip().lower().replace("_", "-").split("-")[0]
