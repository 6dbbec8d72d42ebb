"""Numbers, addresses and codes that must come out of a translation exactly as they went in.

A model that was trained to copy placeholders sees `⟦1⟧` in their place. Where one is lost or doubled the sentence is translated again
without them, and what is missing even then is reported.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.segment import Link, Translation

if TYPE_CHECKING:
    from pipeline.engines import Engine

LIMIT = 9  # placeholders a segment; the rest of it is left to the model
_TOKEN = re.compile(r"⟦[0-9]+⟧")
# A tokenizer that takes placeholders for words of their own puts a blank behind each.
_BLANK_BEHIND = re.compile(r"(?<=⟧) (?=[.,;:!?%)\]’”])")
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
    """A segment with placeholders, and the text that each of them stands for, in order of their numbers."""

    text: str
    values: tuple[str, ...]


def protect(source: str) -> Protected:
    """Put placeholders in the place of what must not change; the same text twice gets two of them."""
    if _TOKEN.search(source):
        return Protected(source, ())
    values: list[str] = []

    def take(match: re.Match[str]) -> str:
        if len(values) == LIMIT or not _must_not_change(match):
            return match[0]
        values.append(match[0])
        return f"⟦{len(values)}⟧"

    text = _CANDIDATE.sub(take, source)
    return Protected(text, tuple(values))


def _must_not_change(match: re.Match[str]) -> bool:
    """Return whether a candidate is more than a plain word, a digit, or a number whose meaning depends on what follows."""
    text = match[0]
    if text.isalpha() or len(text) == 1:
        return False
    return not (_NUMBER.fullmatch(text) and _CHANGES_NUMBER.match(match.string, match.end()))


def restore(target: str, values: Sequence[str]) -> str | None:
    """Return `target` with the texts back in place, or None where a placeholder is lost, doubled or made up."""
    if sorted(_TOKEN.findall(target)) != [f"⟦{number}⟧" for number in range(1, len(values) + 1)]:
        return None
    return _TOKEN.sub(lambda match: values[int(match[0][1:-1]) - 1], _BLANK_BEHIND.sub("", target))


def missing(target: str, values: Sequence[str]) -> list[str]:
    """Return which of the texts do not stand in `target` as often as they should."""
    return [value for value, count in Counter(values).items() if target.count(value) < count]


class ProtectingEngine:
    """Puts placeholders around another engine that copies them."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.signature = protected_signature(engine.signature)

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return one translation for each source, in order, with the warning `lost-text` where a number, address or code is missing."""
        protected = [protect(source) for source in sources]
        first = self._engine.translate([item.text for item in protected])
        results = [self._restored(source, item, result) for source, item, result in zip(sources, protected, first, strict=True)]
        again = [source for source, result in zip(sources, results, strict=True) if result is None]
        second = dict(zip(again, self._engine.translate(again), strict=True)) if again else {}
        return [
            result or self._checked(second[source], item.values) for source, item, result in zip(sources, protected, results, strict=True)
        ]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return how the characters of each pair relate, as the engine inside says."""
        return self._engine.align(pairs)

    @staticmethod
    def _restored(source: str, protected: Protected, result: Translation) -> Translation | None:
        target = restore(result.target, protected.values)
        return None if target is None else replace(result, source=source, target=target)

    @staticmethod
    def _checked(result: Translation, values: Sequence[str]) -> Translation:
        return replace(result, warnings=(*result.warnings, "lost-text")) if missing(result.target, values) else result


def protected_signature(signature: str) -> str:
    """Return the signature of an engine with placeholders around it."""
    return f"{signature}-placeholders1"
