"""Cuts a sentence into parts, so that each has fewer terms to keep."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from models.terms import Constraint

Part = tuple[str, list[Constraint]]
Cut = Callable[[str, Sequence[Constraint]], list[Part]]

_CLAUSE_END = re.compile(r"[，；：,;:—]+[”’」』）)]*")
_SHORTEST = 4  # characters: less is no clause


def clauses(source: str, constraints: Sequence[Constraint]) -> list[Part]:
    """Return the clauses of a source, which give it again when joined, each with the constraints in it; no constraint is cut."""
    return _parts(source, constraints, _clause_ends(source, constraints))


def single_terms(source: str, constraints: Sequence[Constraint]) -> list[Part]:
    """Return parts of a source with one constraint at most: its clauses, cut in front of every constraint but their first."""
    cuts = _clause_ends(source, constraints)
    later = [item.start for before, item in pairwise(constraints) if not any(before.end <= cut <= item.start for cut in cuts)]
    return _parts(source, constraints, [*cuts, *later])


def apart(source: str, constraints: Sequence[Constraint]) -> list[Part]:
    """Return parts of a source that are a constraint and nothing else, or have none."""
    edges = [place for item in constraints for place in (item.start, item.end)]
    return _parts(source, constraints, [*_clause_ends(source, constraints), *edges])


def _clause_ends(source: str, constraints: Sequence[Constraint]) -> list[int]:
    ends = [0]
    for match in _CLAUSE_END.finditer(source):
        inside = any(item.start < match.end() < item.end for item in constraints)
        if not inside and match.end() - ends[-1] >= _SHORTEST and len(source) - match.end() >= _SHORTEST:
            ends.append(match.end())
    return ends[1:]


def _parts(source: str, constraints: Sequence[Constraint], cuts: Iterable[int]) -> list[Part]:
    edges = sorted({0, len(source), *cuts})
    parts = []
    for start, end in pairwise(edges):
        within = [
            # Only the first part starts a sentence.
            replace(item, start=item.start - start, end=item.end - start, is_fixed=item.is_fixed or start > 0)
            for item in constraints
            if start <= item.start < end
        ]
        parts.append((source[start:end], within))
    return parts
