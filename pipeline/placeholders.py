"""What must come out of a translation exactly: numbers, dates, addresses, codes, and the terms of a glossary.

A model that was trained to copy placeholders sees `⟦1⟧` in their place. Where one is lost or doubled the sentence is translated again
with fewer of them, and what is missing even then is reported.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.segment import Link, Translation
from models.terms import Constraint
from pipeline.glossary_forms import TOKEN, fill
from pipeline.quantities import lost, written_out

if TYPE_CHECKING:
    from pipeline.engines import Engine

LIMIT = 9  # placeholders a segment; the rest of it is left to the model
_CANDIDATE = re.compile(
    r"""
      https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%-]*[A-Za-z0-9/]        # URL
    | [A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+         # e-mail address
    | [A-Za-z0-9](?:[A-Za-z0-9_./:,\\-]*[A-Za-z0-9])?%?           # word, number, code, path
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"[0-9][0-9.,:/-]*%?")
_CHANGES_NUMBER = re.compile(r"\s*[万亿千百月]")  # 1,286万 is 12.86 million, 10月 is October


@dataclass(frozen=True, slots=True)
class Protected:
    """A segment with placeholders, and what each of them stands for, in order of their numbers.

    Those of the numbers `once` must come out exactly once; the others are terms, which may be named again.
    """

    text: str
    fillers: tuple[Constraint, ...]
    once: frozenset[int] = frozenset()

    def restored(self, result: Translation, source: str) -> Translation | None:
        """Return the translation of the source that this was made of, or None where a placeholder is lost, made up or wrongly doubled."""
        target = fill(result.target, self.fillers, self.once) if self.fillers else result.target
        return None if target is None else replace(result, source=source, target=target)


def protect(source: str, terms: Sequence[Constraint] = (), *, numbers: bool = True) -> Protected:
    """Put placeholders in the place of terms and, on request, of what else must not change; the same text twice gets two of them.

    A source that holds something like a placeholder stays as it is.
    """
    if TOKEN.search(source) or len(terms) > LIMIT:
        return Protected(source, ())
    others = [item for item in _unchanged(source) if all(item.end <= term.start or term.end <= item.start for term in terms)]
    chosen = sorted([*terms, *(others[: LIMIT - len(terms)] if numbers else ())], key=lambda item: item.start)
    text, end = "", 0
    for number, item in enumerate(chosen, 1):
        text += f"{source[end : item.start]}⟦{number}⟧"
        end = item.end
    return Protected(text + source[end:], tuple(chosen), frozenset(number for number, item in enumerate(chosen, 1) if item not in terms))


def _unchanged(source: str) -> list[Constraint]:
    """Return the stretches of a source that must not change, in order."""
    written = written_out(source)
    copied = [
        Constraint(match.start(), match.end(), (match[0],), is_fixed=True)
        for match in _CANDIDATE.finditer(source)
        if _must_not_change(match)
    ]
    apart = [item for item in copied if all(item.end <= other.start or other.end <= item.start for other in written)]
    return sorted([*written, *apart], key=lambda item: item.start)


def _must_not_change(match: re.Match[str]) -> bool:
    """Return whether a candidate is more than a plain word, a digit, or a number whose meaning depends on what follows."""
    text = match[0]
    if text.isalpha() or len(text) == 1:
        return False
    return not (_NUMBER.fullmatch(text) and _CHANGES_NUMBER.match(match.string, match.end()))


def missing(source: str, target: str) -> list[str]:
    """Return the numbers, addresses and codes of a source that its translation lacks, whatever blanks it puts into them."""
    codes = [item[0] for item in _CANDIDATE.finditer(source) if _must_not_change(item) and not _NUMBER.fullmatch(item[0])]
    there = _compact(target)
    return [code for code in dict.fromkeys(codes) if there.count(_compact(code)) < codes.count(code)] + lost(source, target)


def _compact(text: str) -> str:
    return re.sub(r"[\s,-]", "", text).casefold()


class ProtectingEngine:
    """Puts placeholders around another engine that copies them."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.signature = protected_signature(engine.signature)

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return one translation for each source, in order, with the warning `lost-text` where a number, address or code is missing."""
        first = self._attempt(sources, [protect(source) for source in sources])
        again = [source for source, result in zip(sources, first, strict=True) if result is None or missing(source, result.target)]
        plain = dict(zip(again, self._engine.translate(again), strict=True)) if again else {}
        return [_better(result, plain.get(source)) for source, result in zip(sources, first, strict=True)]

    def translate_with(self, sources: Sequence[str], constraints: Sequence[Sequence[Constraint]]) -> list[Translation | None]:
        """Return one translation for each source in which every constraint's first target stands in its place, None where that failed."""
        full = [protect(source, terms) for source, terms in zip(sources, constraints, strict=True)]
        results = self._attempt(sources, full)
        fewer = [protect(source, terms, numbers=False) for source, terms in zip(sources, constraints, strict=True)]
        again = [row for row, result in enumerate(results) if result is None and fewer[row] != full[row]]
        for row, result in zip(again, self._attempt([sources[row] for row in again], [fewer[row] for row in again]), strict=True):
            results[row] = result
        return [result and _flagged(result) for result in results]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return how the characters of each pair relate, as the engine inside says."""
        return self._engine.align(pairs)

    def _attempt(self, sources: Sequence[str], protected: Sequence[Protected]) -> list[Translation | None]:
        results = self._engine.translate([item.text for item in protected]) if sources else []
        return [item.restored(result, source) for source, item, result in zip(sources, protected, results, strict=True)]


def _better(protected: Translation | None, plain: Translation | None) -> Translation:
    """Return the translation that lost less, flagged where it lost anything."""
    found = [_flagged(result) for result in (protected, plain) if result]
    return min(found, key=lambda result: len(missing(result.source, result.target)))


def _flagged(result: Translation) -> Translation:
    if "lost-text" in result.warnings or not missing(result.source, result.target):
        return result
    return replace(result, warnings=(*result.warnings, "lost-text"))


def protected_signature(signature: str) -> str:
    """Return the signature of an engine with placeholders around it."""
    return f"{signature}-placeholders2"
