"""What the translator reads and writes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block: a segment to translate, or a gap (white space, breaks, tabs) that is kept as it is."""

    text: str
    is_segment: bool


@dataclass(frozen=True, slots=True)
class Translation:
    """One translated segment.

    `score` is the length-normalised log-probability of the target (natural logarithm; 0.0 for an empty one), `tokens` its length in
    subwords. `warnings` are stable codes; a segment that could not be translated keeps its source text and carries one.
    """

    source: str
    target: str
    score: float
    tokens: int
    warnings: tuple[str, ...] = ()
