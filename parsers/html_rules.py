"""Which text of a page is translated: the rules over the data of `parsers.markup`."""

from dataclasses import dataclass

from bs4 import Tag

from parsers.html_tree import attribute
from parsers.markup import (
    BLOCK_TAGS,
    CHINESE_LANGUAGES,
    IGNORED_TAGS,
    KEPT_WORD_TAGS,
    LABEL_TAGS,
    META_NAMES,
    OTHER_HAN_LANGUAGES,
    SVG_TEXT_TAGS,
    TEXT_ATTRIBUTES,
    VALUE_INPUT_TYPES,
)

LANGUAGE_ATTRIBUTES = ("lang", "xml:lang")


@dataclass(frozen=True, slots=True)
class State:
    """What the elements around a node say about it.

    `ignored` is for good (`pre`), `translate` may be switched on again further in, `hidden` is an <svg> outside its texts; `label` is the
    place of the link or label around the node, -1 outside.
    """

    translate: bool = True
    ignored: bool = False
    hidden: bool = False
    label: int = -1

    @property
    def open(self) -> bool:
        """Whether text here is translated."""
        return self.translate and not self.ignored and not self.hidden


def inner_state(state: State, tag: Tag) -> State:
    """Return the state inside `tag`, whose surroundings have `state`."""
    return State(
        translate=_translates(state, tag),
        ignored=state.ignored or tag.name in IGNORED_TAGS,
        hidden=tag.name == "svg" or (state.hidden and tag.name not in SVG_TEXT_TAGS),
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


def is_chinese(language: str) -> bool:
    """Tell whether a language tag names Chinese."""
    return _primary(language) in CHINESE_LANGUAGES


def is_kept_word(tag: Tag, state: State) -> bool:
    """Tell whether an element in an open sentence stands there as a word that stays as it is; `state` is the one inside it."""
    return tag.name in KEPT_WORD_TAGS or (not state.translate and tag.name not in BLOCK_TAGS)


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
