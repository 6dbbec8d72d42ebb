"""Where the terms of a source stand in its translation, and in which form.

A term holds where its target stands: as it is (a capital at the start of a sentence is no difference); in other letter case, unless the
term has `match_case`; as one of its alternatives; or any of these in singular or plural. No two terms share a place, except for those
with the same target.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.segment import Verdict
from models.terms import Term
from pipeline.glossary import Match
from pipeline.glossary_forms import capitalised, plural, singular


@dataclass(frozen=True, slots=True)
class Place:
    """Characters of a translation that hold a term; `form` names what differs from the term as it was asked for."""

    start: int
    end: int
    form: str


def find_places(matches: Sequence[Match], target: str) -> list[Place | None]:
    """Return where each match's wanted term stands in a translation: longer targets choose first, then those that come first."""
    order = sorted(range(len(matches)), key=lambda number: (-_length(matches[number]), number))
    places: list[Place | None] = [None] * len(matches)
    taken: list[tuple[Place, str]] = []
    for number in order:
        if term := matches[number].wanted:
            place = _free_place(term, target, taken)
            if place:
                taken.append((place, term.target))
            places[number] = place
    return places


def _length(match: Match) -> int:
    return len(match.wanted.target) if match.wanted else 0


def _free_place(term: Term, target: str, taken: Sequence[tuple[Place, str]]) -> Place | None:
    """Return the first place of the best form that no other term has; one that this very target has already only where there is none."""
    shared = None
    for place in _places(term, target):
        owners = [owner for other, owner in taken if other.start < place.end and place.start < other.end]
        if not owners:
            return place
        if shared is None and set(owners) == {term.target}:
            shared = place
    return shared


def _places(term: Term, target: str) -> Iterator[Place]:
    for pattern, form in _forms(term):
        yield from (Place(match.start(), match.end(), form) for match in pattern.finditer(target))


@lru_cache(maxsize=10_000)
def _forms(term: Term) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns of a term's forms and what differs in each, best first."""
    forms = [(_pattern(term.target), "")]
    if not term.match_case:
        forms += [(_pattern(capitalised(term.target), at_start=True), ""), (_pattern(term.target, re.IGNORECASE), "letter case")]
    flags = re.NOFLAG if term.match_case else re.IGNORECASE
    forms += [(_pattern(other, flags), "alternative") for other in term.alternatives]
    inflected = [(plural, "plural"), (singular, "singular")]
    return forms + [(_pattern(make(other), flags), name) for other in term.targets for make, name in inflected if make(other) != other]


def _pattern(text: str, flags: int = 0, *, at_start: bool = False) -> re.Pattern[str]:
    """Return a pattern of a text as whole words, with any white space for a blank."""
    body = r"\s+".join(map(re.escape, text.split()))
    before = r"(?<![^\W_])" if text[:1].isalnum() and text[:1].isascii() else ""
    behind = r"(?![^\W_])" if text[-1:].isalnum() and text[-1:].isascii() else ""
    start = r"(?:(?<=[.!?]\s)|(?<=[.!?]['\"”]\s)|(?<![\w\s.,;:!?'\"”’)]\s)(?<![\w.,;:!?'\"”’)]))" if at_start else ""
    return re.compile(start + before + body + behind, flags)


def verdicts(matches: Sequence[Match], target: str, injected: Sequence[str]) -> tuple[Verdict, ...]:
    """Return a verdict for each match, and one for each forbidden target that stands in a translation.

    `injected` says for each match by what method the program put it in; "" where it did not.
    """
    places = find_places(matches, target)
    found = []
    for match, place, method in zip(matches, places, injected, strict=True):
        banned = [term for term in match.banned if any(not _is_within(other, places) for other in _places(term, target))]
        if match.wanted:
            found.append(_verdict(match.source, match.wanted, place, method))
        elif not banned:
            found.append(Verdict(match.source, match.banned[0].target, "satisfied", "forbidden, and not there"))
        found += [Verdict(match.source, term.target, "violated", "forbidden, but it stands there") for term in banned]
    return tuple(found)


def _is_within(place: Place, others: Sequence[Place | None]) -> bool:
    """Return whether a place is part of one where a wanted term stands."""
    return any(other and other.start <= place.start and place.end <= other.end for other in others)


def _verdict(source: str, term: Term, place: Place | None, method: str) -> Verdict:
    if place is None:
        return Verdict(source, term.target, "violated", "it does not stand in the translation")
    if place.form:
        return Verdict(source, term.target, "variant", f"{place.form}, {method}" if method else place.form)
    return Verdict(source, term.target, "injected" if method else "satisfied", method)
