"""What in a glossary contradicts itself, and which of its terms lie in others."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from models.terms import Term
from pipeline.glossary import Glossary

Kind = Literal["duplicate", "conflict", "nested", "overlap"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Two terms that meet, by their numbers, and what follows.

    duplicate: they say the same; conflict: they say different things of one source, or one forbids what the other wants; nested: the
    first lies within the second, which holds there; overlap: the first ends as the second begins, so that a text may hold both at once.
    """

    kind: Kind
    first: int
    second: int
    text: str


def findings(terms: Sequence[Term]) -> Iterator[Finding]:
    """Yield what an author of these terms should look at."""
    glossary = Glossary(terms)
    groups: dict[str, list[int]] = defaultdict(list)
    for number, term in enumerate(terms):
        groups[glossary.folded(term.source)].append(number)
    for group in groups.values():
        yield from _within_group(terms, group)
    firsts = {source: group[0] for source, group in groups.items()}
    yield from _nested(terms, firsts)
    yield from _overlaps(terms, firsts)


def _within_group(terms: Sequence[Term], group: Sequence[int]) -> Iterator[Finding]:
    """Yield what is wrong among terms of one source; one with another priority or in another case was meant so."""
    for place, number in enumerate(group):
        for earlier in group[:place]:
            first, second = terms[earlier], terms[number]
            if first.forbidden != second.forbidden:
                shared = set(first.targets) & set(second.targets)
                if shared:
                    yield Finding("conflict", earlier, number, f"{first.source}: {min(shared)!r} is wanted and forbidden")
            elif first.target == second.target:
                yield Finding("duplicate", earlier, number, f"{first.source}: {first.target!r} stands there twice")
            elif not first.forbidden and (first.priority, first.match_case) == (second.priority, second.match_case):
                yield Finding("conflict", earlier, number, f"{first.source}: {first.target!r} holds, {second.target!r} never does")


def _nested(terms: Sequence[Term], firsts: dict[str, int]) -> Iterator[Finding]:
    for source, number in firsts.items():
        parts = {source[start:end] for start in range(len(source)) for end in range(start + 1, len(source) + 1)} - {source}
        for part in sorted(parts & firsts.keys()):
            yield Finding("nested", firsts[part], number, f"{terms[firsts[part]].source} lies in {terms[number].source}, which holds there")


def _overlaps(terms: Sequence[Term], firsts: dict[str, int]) -> Iterator[Finding]:
    """Yield terms that share two or more characters, the end of one and the beginning of the other; the longer one holds then."""
    beginnings: dict[str, list[int]] = defaultdict(list)
    for source, number in firsts.items():
        for end in range(2, len(source)):
            beginnings[source[:end]].append(number)
    for source, number in firsts.items():
        for start in range(1, len(source) - 1):
            for other in beginnings.get(source[start:], ()):
                if other != number:
                    yield Finding(
                        "overlap", number, other, f"{terms[number].source} ends as {terms[other].source} begins: the longer holds"
                    )
