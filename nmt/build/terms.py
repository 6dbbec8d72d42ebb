"""Puts placeholders in the place of aligned words and phrases, as a glossary does, so that a model learns to copy them."""

import random
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from nmt.build.corpus import MAX_TOKENS, Link, ParallelSet, gathered, unpack_links
from nmt.build.vocabulary import SPACE
from nmt.config import PLACEHOLDERS

MAX_TERM_TOKENS = 4  # of the source
_TERM_SOURCE = re.compile(r"[\u4e00-\u9fff]{2,8}")
_TERM_TARGET = re.compile(r"[A-Za-z][A-Za-z-]*(?: [A-Za-z][A-Za-z-]*){0,3}")
# Words that no glossary holds: a term that begins or ends with one is a piece of grammar.
_FUNCTION_WORDS = frozenset(
    """
    a an and are as at be been by can could did do does for from had has have he her his i if in into is it its may me my no not of on or
    our shall she should so such than that the their them then there these they this those to under upon was we were what when which who
    will with would you your
    """.split()  # noqa: SIM905 - a paragraph reads better than a list
)


class Phrase(NamedTuple):
    """A range of source tokens and the range of target tokens that it is aligned with; ends exclusive."""

    source_start: int
    source_end: int
    target_start: int
    target_end: int

    def overlaps(self, other: "Phrase") -> bool:
        """Return whether the two share a token on either side."""
        in_source = self.source_start < other.source_end and other.source_start < self.source_end
        return in_source or (self.target_start < other.target_end and other.target_start < self.target_end)


def phrases(length: int, links: Sequence[Link]) -> Iterator[Phrase]:
    """Yield the phrases of a pair with `length` source tokens that no link leaves (Och and Ney, 2004)."""
    targets_of: dict[int, list[int]] = {}
    sources_of: dict[int, list[int]] = {}
    for source, target in links:
        targets_of.setdefault(source, []).append(target)
        sources_of.setdefault(target, []).append(source)
    for start in range(length):
        targets: list[int] = []
        for end in range(start + 1, min(start + MAX_TERM_TOKENS, length) + 1):
            targets += targets_of.get(end - 1, [])
            if not targets:
                continue
            low, high = min(targets), max(targets)
            if all(start <= source < end for target in range(low, high + 1) for source in sources_of.get(target, [])):
                yield Phrase(start, end, low, high + 1)


class TermPlaceholders:
    """Replaces phrases of a pair that could stand in a glossary."""

    def __init__(self, tokenizers: tuple[Tokenizer, Tokenizer], seed: int) -> None:
        self._tokenizers = tokenizers
        self._tokens = [{number: token for token, number in tokenizer.get_vocab().items()} for tokenizer in tokenizers]
        self._rng = random.Random(seed)  # noqa: S311 - sampling, not secrecy

    def vary(self, source: Sequence[int], target: Sequence[int], links: Sequence[Link]) -> tuple[list[int], list[int]] | None:
        """Return the pair's ids with one to three phrases replaced, or None where none of them could be a term."""
        tokens = [[names[number] for number in side] for names, side in zip(self._tokens, (source, target), strict=True)]
        if any(token in PLACEHOLDERS for token in tokens[1]):
            return None
        chosen = self._choose([phrase for phrase in phrases(len(source), links) if _is_term(tokens, phrase)])
        if not chosen:
            return None
        placeholders = self._rng.sample(PLACEHOLDERS, len(chosen))
        texts = (
            _replaced(tokens[0], [(phrase.source_start, phrase.source_end) for phrase in chosen], placeholders),
            _replaced(tokens[1], [(phrase.target_start, phrase.target_end) for phrase in chosen], placeholders),
        )
        encoded = [tokenizer.encode(text, add_special_tokens=False).ids for tokenizer, text in zip(self._tokenizers, texts, strict=True)]
        return encoded[0], encoded[1]

    def _choose(self, terms: list[Phrase]) -> list[Phrase]:
        """Return up to three of the terms, apart from each other; fewer are likelier."""
        self._rng.shuffle(terms)
        chosen: list[Phrase] = []
        for term in terms:
            if len(chosen) < self._rng.randint(1, 3) and not any(term.overlaps(other) for other in chosen):
                chosen.append(term)
        return chosen


def _is_term(tokens: list[list[str]], phrase: Phrase) -> bool:
    ends_word = phrase.target_end == len(tokens[1]) or not tokens[1][phrase.target_end][0].isalpha()
    source = "".join(tokens[0][phrase.source_start : phrase.source_end])
    target = "".join(tokens[1][phrase.target_start : phrase.target_end]).replace(SPACE, " ")
    if not (ends_word and target.startswith(" ") and _TERM_SOURCE.fullmatch(source) and _TERM_TARGET.fullmatch(target[1:])):
        return False
    words = target[1:].lower().split()
    return words[0] not in _FUNCTION_WORDS and words[-1] not in _FUNCTION_WORDS


def _replaced(tokens: Sequence[str], ranges: Sequence[tuple[int, int]], placeholders: Sequence[str]) -> str:
    """Return the text of the tokens with each range replaced by its placeholder."""
    kept = list(tokens)
    for (start, end), placeholder in zip(ranges, placeholders, strict=True):
        kept[start:end] = [(SPACE if tokens[start].startswith(SPACE) else "") + placeholder] + [""] * (end - start - 1)
    return "".join(kept).replace(SPACE, " ").removeprefix(" ")


def with_terms(data: ParallelSet, tokenizers: tuple[Tokenizer, Tokenizer], share: float, seed: int) -> ParallelSet:
    """Return the set with placeholders for terms in up to `share` of the pairs; those lose their links."""
    chances = np.random.default_rng(seed).random(len(data)).tolist()
    placeholders = TermPlaceholders(tokenizers, seed)
    sides: tuple[list[np.ndarray], ...] = ([], [], [])
    for row, chance in enumerate(chances):
        source, target, links = data.source[row], data.target[row], data.links[row]
        varied = placeholders.vary(source.tolist(), target.tolist(), unpack_links(links)) if chance < share else None
        if varied and max(map(len, varied)) <= MAX_TOKENS:
            source, target, links = np.array(varied[0], np.uint16), np.array(varied[1], np.uint16), links[:0]
        for side, value in zip(sides, (source, target, links), strict=True):
            side.append(value)
    return ParallelSet(*map(gathered, sides))
