"""A glossary finds its terms in a text.

Letter case never counts in finding, except for a term with `match_case`. A term is found where

- no Latin letter, digit or underscore of the text touches one of its own, and
- between two Chinese characters, a word ends there in the most probable segmentation (`nmt.words`): 汇率 is not in 外汇率先.

Where terms overlap, the longest holds; of equally long ones that of the higher priority, then the first in the text. Of several terms with
one source that of the highest priority holds, then one whose case was asked for and fits, then the first of the glossary.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from hashlib import sha256

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from models.terms import GlossaryOptions, Term
from nmt.words import parts_words
from pipeline.folding import folding_table

_METHOD = "glossary-1"  # goes up when the same terms give other translations


@dataclass(frozen=True, slots=True)
class Match:
    """An occurrence of a term in a text: characters `start` to `end`, which read `source`.

    `wanted` is the term to use, None where the glossary only forbids; `banned` are those not to use.
    """

    start: int
    end: int
    source: str
    wanted: Term | None
    banned: tuple[Term, ...]


class Glossary:
    """Terms with the options of their use. Immutable; not for use by several threads at once."""

    def __init__(self, terms: Iterable[Term], options: GlossaryOptions | None = None) -> None:
        """Take validated terms; earlier ones win over later ones of the same source and priority."""
        self.options = options or GlossaryOptions()
        self._table = folding_table(width=self.options.fold_width, script=self.options.fold_script)
        by_source: dict[str, list[Term]] = defaultdict(list)
        for term in terms:
            by_source[self.folded(term.source)].append(term)
        for group in by_source.values():
            group.sort(key=lambda term: (-term.priority, not term.match_case))
        self._groups = list(by_source.values())
        self._finder = AhoCorasick(list(by_source), matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA)

    def folded(self, text: str) -> str:
        """Return a text of the same length in which what this glossary takes for equal is equal."""
        return text.translate(self._table)

    def match(self, text: str) -> tuple[Match, ...]:
        """Return the terms of a text in its order; no two overlap."""
        folded = self.folded(text)
        found = [
            (start, end, self._groups[number]) for number, start, end in self._finder.find_matches_as_indexes(folded, overlapping=True)
        ]
        found.sort(key=lambda item: (item[0] - item[1], -item[2][0].priority, item[0]))
        taken = bytearray(len(text))
        matches = []
        for start, end, group in found:
            if 1 in taken[start:end] or not (match := _match(text, start, end, group)):
                continue
            if _is_apart(folded, start) and _is_apart(folded, end):
                taken[start:end] = b"\1" * (end - start)
                matches.append(match)
        return tuple(sorted(matches, key=lambda match: match.start))

    def digest(self, text: str) -> str:
        """Return a digest of all that the glossary adds to the translation of a text: the terms it matches and the mode; "" for none."""
        matches = self.match(text)
        if not matches:
            return ""
        content = [_METHOD, self.options.mode, *((match.start, match.end, *map(astuple, _terms(match))) for match in matches)]
        return sha256(json.dumps(content).encode()).hexdigest()


def _match(text: str, start: int, end: int, group: Iterable[Term]) -> Match | None:
    """Return what the terms of one source mean for a place in a text; None where the case of none fits."""
    source = text[start:end]
    fitting = [term for term in group if not term.match_case or term.source == source]
    wanted = next((term for term in fitting if not term.forbidden), None)
    return Match(start, end, source, wanted, tuple(term for term in fitting if term.forbidden)) if fitting else None


def _terms(match: Match) -> tuple[Term, ...]:
    return (match.wanted, *match.banned) if match.wanted else match.banned


def _is_apart(text: str, place: int) -> bool:
    """Return whether a term may begin or end at a place."""
    if place in {0, len(text)}:
        return True
    before, behind = text[place - 1], text[place]
    if _is_han(before) and _is_han(behind):
        return parts_words(text, place)
    return not (_is_letter(before) and _is_letter(behind))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character >= "\U00020000"


def _is_letter(character: str) -> bool:
    """Return whether a character is part of a word in a script that puts blanks between words."""
    return character == "_" or (character.isalnum() and not _is_han(character))
