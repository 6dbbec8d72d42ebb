"""Cuts a sentence between its clauses, so that each part has fewer terms to keep."""

import re
from collections.abc import Sequence
from dataclasses import replace

from models.terms import Constraint

_CLAUSE_END = re.compile(r"[，；：,;:—]+[”’」』）)]*")
_SHORTEST = 4  # characters: less is no clause


def clauses(source: str, constraints: Sequence[Constraint]) -> list[tuple[str, list[Constraint]]]:
    """Return the clauses of a source, which give it again when joined, each with the constraints in it; no constraint is cut."""
    cuts = [0]
    for match in _CLAUSE_END.finditer(source):
        inside = any(item.start < match.end() < item.end for item in constraints)
        if not inside and match.end() - cuts[-1] >= _SHORTEST and len(source) - match.end() >= _SHORTEST:
            cuts.append(match.end())
    parts = []
    for start, end in zip(cuts, [*cuts[1:], len(source)], strict=True):
        within = [
            # Only the first clause starts a sentence.
            replace(item, start=item.start - start, end=item.end - start, is_fixed=item.is_fixed or start > 0)
            for item in constraints
            if start <= item.start < end
        ]
        parts.append((source[start:end], within))
    return parts
