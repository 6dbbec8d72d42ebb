"""The entries of a glossary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GlossaryMode = Literal["enforce", "prefer", "report"]
GLOSSARY_MODES: tuple[GlossaryMode, ...] = ("enforce", "prefer", "report")


@dataclass(frozen=True, slots=True)
class GlossaryOptions:
    """How a glossary is used.

    `enforce` puts terms in by every means and warns of a segment that violates one; `prefer` only steers the model and never warns;
    `report` changes nothing and says what would be violated. `fold_width` lets full-width letters and digits match half-width ones,
    `fold_script` traditional characters simplified ones.
    """

    mode: GlossaryMode = "enforce"
    fold_width: bool = True
    fold_script: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """What a source term must be called in the target, or, where `forbidden`, must not be called.

    `alternatives` are other targets that count as right. `match_case` holds for both sides. `keep` marks a term that is not translated:
    its target is its source. Where terms of equal length overlap the one of the higher `priority` holds. `domain` and `note` are for
    readers.
    """

    source: str
    target: str
    alternatives: tuple[str, ...] = ()
    match_case: bool = False
    keep: bool = False
    forbidden: bool = False
    priority: int = 0
    domain: str = ""
    note: str = ""

    @property
    def targets(self) -> Sequence[str]:
        """Return all targets that count as right, the preferred one first."""
        return (self.target, *self.alternatives)


@dataclass(frozen=True, slots=True)
class Constraint:
    """Characters `start` to `end` of a source, which must be translated as one of `targets`, best as the first.

    Where `is_fixed`, its letters keep their case at the start of a sentence.
    """

    start: int
    end: int
    targets: Sequence[str]
    is_fixed: bool = False
