"""What the translator reads and writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Outcome = Literal["injected", "satisfied", "variant", "violated"]


class Origin(StrEnum):
    """Who translated: the machine, or a person, whose word stands whatever the model."""

    MACHINE = "machine"
    HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block: a segment to translate, or a gap (white space, breaks, tabs) that is kept as it is."""

    text: str
    is_segment: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one occurrence of a glossary term in a segment.

    `source` is the text that matched, `target` what it should be called. `injected`: put in by the program; `satisfied`: the model said so
    itself; `variant`: an inflected form or an alternative stands there; `violated`: none does, or a forbidden one does. `reason` is for
    readers; it names the form of a variant and the cause of a violation.
    """

    source: str
    target: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """One translated segment.

    `score` is the length-normalised log-probability of the target (natural logarithm; 0.0 for an empty one), `tokens` its length in
    subwords. `warnings` are stable codes; a segment that could not be translated keeps its source text and carries one.
    `token_scores` are the log-probabilities of the subwords and the end of sentence, one after the other. `verdicts` say for
    each glossary term of the source what became of it.
    """

    source: str
    target: str
    score: float
    tokens: int
    warnings: tuple[str, ...] = ()
    token_scores: tuple[float, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    origin: Origin = Origin.MACHINE


@dataclass(frozen=True, slots=True)
class Link:
    """Characters of a source and of its target that a model relates to each other: one subword on each side, ends exclusive.

    `weight` is the share of the target subword's attention that lies on the source subword, 0 to 1.
    """

    source_start: int
    source_end: int
    target_start: int
    target_end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Projection:
    """How sure it is that the inline formatting of a segment lies over the right words: 0 to 1, and whether someone should look at it."""

    confidence: float
    is_unsure: bool


def joined(source: str, target: str, parts: Sequence[Translation], warnings: Iterable[str] = ()) -> Translation:
    """Return the translation of a text that was translated in parts.

    Its score is the mean of theirs, weighted by their tokens; `warnings` come before theirs.
    """
    tokens = sum(part.tokens for part in parts)
    score = sum(part.score * part.tokens for part in parts) / tokens if tokens else 0.0
    seen = dict.fromkeys([*warnings, *(warning for part in parts for warning in part.warnings)])
    verdicts = tuple(verdict for part in parts for verdict in part.verdicts)
    return Translation(source, target, score, tokens, tuple(seen), verdicts=verdicts)
