"""Puts a term into a finished translation, in the place of the words that the model aligned with its source."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.segment import Link
from models.terms import Constraint
from pipeline.glossary_forms import put_in

_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_LEADING_ARTICLE = re.compile(r"(?:an?|the)\s+", re.IGNORECASE)
# Share of a word's attention that must lie on the term: words below it cost what words above it gain.
_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    gain: float
    constraint: Constraint


def replace_aligned(
    target: str, constraints: Sequence[Constraint], links: Sequence[Link], kept: Sequence[tuple[int, int]]
) -> tuple[str, list[bool]]:
    """Return a translation with the first target of each constraint in the place of the words aligned with its source.

    Args:
        target: the translation.
        constraints: what is to be put in.
        links: how the characters of source and target relate.
        kept: characters of the target that must stay, since they hold other terms.

    Returns:
        the new translation, and for each constraint whether a place for it was found.
    """
    found = [_aligned(target, constraint, links, kept) for constraint in constraints]
    chosen: list[_Span] = []
    for span in sorted((span for span in found if span), key=lambda span: -span.gain):
        if all(span.end <= other.start or other.end <= span.start for other in chosen):
            chosen.append(span)
    text, end = "", 0
    for span in sorted(chosen, key=lambda span: span.start):
        text = put_in(text + target[end : span.start], span.constraint.targets[0], is_fixed=span.constraint.is_fixed)
        end = span.end
    return text + target[end:], [span in chosen for span in found]


def _aligned(target: str, constraint: Constraint, links: Sequence[Link], kept: Sequence[tuple[int, int]]) -> _Span | None:
    """Return the run of words that attends most to a constraint's source; None where no word does enough."""
    on_term = [link for link in links if link.source_start < constraint.end and constraint.start < link.source_end]
    best = run = None
    for word in _WORD.finditer(target):
        if any(start < word.end() and word.start() < end for start, end in kept):
            run = None
            continue
        gain = _share(on_term, word.start(), word.end()) - _SHARE
        if run and run.gain > 0:
            run = _Span(run.start, word.end(), run.gain + gain, constraint)
        else:
            run = _Span(word.start(), word.end(), gain, constraint)
        if run.gain > 0 and (best is None or run.gain > best.gain):
            best = run
    if best and (article := _LEADING_ARTICLE.match(target, best.start, best.end)):
        return _Span(article.end(), best.end, best.gain, constraint)
    return best


def _share(links: Sequence[Link], start: int, end: int) -> float:
    """Return the greatest share of attention that a subword of a target word pays to the links' source."""
    shares: dict[tuple[int, int], float] = {}
    for link in links:
        if link.target_start < end and start < link.target_end:
            key = (link.target_start, link.target_end)
            shares[key] = shares.get(key, 0.0) + link.weight
    return max(shares.values(), default=0.0)
