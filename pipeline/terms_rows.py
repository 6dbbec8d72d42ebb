"""What a glossary's row says, whatever format it stands in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.terms import Term

LONGEST_SOURCE, LONGEST_TARGET = 200, 500  # characters
MOST_TERMS = 1_000_000
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_BAR = re.compile(r"(?<!\\)\|")
_WORDS = {"case": "match_case", "keep": "keep", "dnt": "keep", "do-not-translate": "keep", "forbidden": "forbidden"}
_VALUES = ("priority", "domain", "note")
FLAGS = "case, keep, forbidden, priority=NUMBER, domain=TEXT, note=TEXT"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a place of a glossary file cannot be used; lines and columns count from 1."""

    line: int
    column: int
    reason: str


@dataclass(slots=True)
class Reading:
    """What was read from a glossary file: its terms with the lines they stand in, or its problems."""

    terms: list[Term] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int, terms: Sequence[Term]) -> None:
        """Add the terms of a line."""
        self.terms += terms
        self.lines += [line] * len(terms)

    def reject(self, line: int, column: int, reason: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(line, column, reason))


class BadFieldError(ValueError):
    """A field of a row says what it cannot; `field` is its number, from 0."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.field = number


def row_terms(fields: Sequence[str], names: Sequence[str] = ()) -> list[Term]:
    r"""Return the terms of a row: source, target, and flags, where a column of one of the `names` domain, note or priority holds that.

    A target is `preferred|alternative|...`, with `\|` for a bar of its own; alternatives of a forbidden target are forbidden too.

    Raises:
        BadFieldError: a field cannot be used.
    """
    source = fields[0].strip()
    _check(0, "source", source, LONGEST_SOURCE)
    if len(fields) == 1:
        raise BadFieldError(0, "there is no target: a row is SOURCE,TARGET and flags")
    flags = _flags(fields, names)
    targets = _targets(fields[1], source, keep=bool(flags.get("keep")))
    if flags.pop("forbidden", False):
        return [Term(source, target, forbidden=True, **flags) for target in targets]
    return [Term(source, targets[0], tuple(targets[1:]), **flags)]


def _targets(text: str, source: str, *, keep: bool) -> list[str]:
    targets = [part.strip().replace("\\|", "|") for part in _BAR.split(text)] if "|" in text else [text.strip()]
    if keep:
        if targets not in ([""], [source]):
            raise BadFieldError(1, "the target of a term to keep must be empty or its source")
        return [source]
    for target in targets:
        _check(1, "target", target, LONGEST_TARGET)
    return targets


def _check(number: int, name: str, text: str, longest: int) -> None:
    if not text:
        raise BadFieldError(number, f"the {name} is empty")
    if len(text) > longest:
        raise BadFieldError(number, f"the {name} has {len(text)} characters; {longest} are allowed")
    if control := _CONTROL.search(text):
        raise BadFieldError(number, f"the {name} holds the control character U+{ord(control[0]):04X}")


def _flags(fields: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Return what the flags of a row say, by the name of the field of a term."""
    flags: dict[str, Any] = {}
    for number in range(2, len(fields)):
        text = fields[number].strip()
        if text and number < len(names) and names[number] in _VALUES:
            text = f"{names[number]}={text}"
        if text:
            flags |= _flag(number, text)
    return flags


def _flag(number: int, text: str) -> dict[str, Any]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals and name.lower() in _WORDS:
        return {_WORDS[name.lower()]: True}
    if not equals or name.lower() not in _VALUES:
        raise BadFieldError(number, f"there is no flag {text!r}; flags are {FLAGS}")
    if name.lower() != "priority":
        return {name.lower(): value}
    if not re.fullmatch(r"-?[0-9]{1,6}", value):
        raise BadFieldError(number, f"the priority {value!r} is no whole number of up to six digits")
    return {"priority": int(value)}
