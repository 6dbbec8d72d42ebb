"""An engine whose translations keep to a glossary, and prove it term by term."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, islice
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from models.segment import Link, Translation, joined
from models.terms import Constraint
from pipeline.glossary import Glossary, Match
from pipeline.glossary_clauses import Cut, Part, apart, clauses, single_terms
from pipeline.glossary_forms import capitalised
from pipeline.glossary_proof import find_places, verdicts
from pipeline.glossary_replacement import replace_aligned

if TYPE_CHECKING:
    from pipeline.engines import Engine

WARNING = "glossary"
_MARKS = str.maketrans("，。；：！？（）、·", ",.;:!?(),-")


@runtime_checkable
class ConstrainedEngine(Protocol):
    """An engine that can be told how stretches of a source are to be translated."""

    def translate_with(self, sources: Sequence[str], constraints: Sequence[Sequence[Constraint]]) -> list[Translation | None]:
        """Return one translation for each source that holds one target of each constraint, None where that failed."""
        ...


@dataclass
class _Segment:
    """A source on its way; `methods` says for each match how it was put in, "" where it was not."""

    source: str
    matches: tuple[Match, ...]
    result: Translation | None = None
    methods: list[str] = field(default_factory=list)

    @property
    def constraints(self) -> list[Constraint]:
        """Return what the glossary wants."""
        return [constraint for match in self.matches if (constraint := _constraint(match))]

    @property
    def lacking(self) -> list[bool]:
        """Return for each match whether its wanted term is not in the translation."""
        if self.result is None:
            return [match.wanted is not None for match in self.matches]
        places = find_places(self.matches, self.result.target)
        return [match.wanted is not None and place is None for match, place in zip(self.matches, places, strict=True)]

    def accept(self, result: Translation, method: str, among: Sequence[bool] | None = None) -> None:
        """Take a translation in which the wanted terms, or those of them `among` whom it says so, were put in by a method."""
        self.result = result
        self.methods = [
            method if match.wanted and is_meant else ""
            for match, is_meant in zip(self.matches, among or [True] * len(self.matches), strict=True)
        ]


class GlossaryEngine:
    """Puts a glossary around an engine.

    Its signature is that of the engine inside: what the glossary adds to a translation is told by `Glossary.digest`.
    """

    def __init__(self, engine: "Engine", glossary: Glossary) -> None:
        self._engine = engine
        self._glossary = glossary
        self.signature = engine.signature

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return one translation for each source, in order, with a verdict for each term that it holds.

        Under `enforce` a translation that violates a term carries the warning `glossary`.
        """
        segments = [_Segment(source, self._glossary.match(source)) for source in sources]
        mode = self._glossary.options.mode
        if mode != "report":
            self._force([segment for segment in segments if segment.constraints])
        self._translate_plainly([segment for segment in segments if segment.result is None])
        if mode == "enforce":
            self._replace([segment for segment in segments if any(segment.lacking)])
            for cut in (clauses, single_terms, apart):
                self._divide([segment for segment in segments if any(segment.lacking)], cut)
        return [_finished(segment, segment.result, warn=mode == "enforce") for segment in segments if segment.result]

    def _force(self, segments: list[_Segment]) -> None:
        """Translate with the terms given, where the engine can."""
        for segment in segments:
            if result := _without_model(segment.source, segment.constraints):
                segment.accept(result, "whole segment")
        rest = [segment for segment in segments if segment.result is None]
        if rest and isinstance(self._engine, ConstrainedEngine):
            results = self._engine.translate_with([segment.source for segment in rest], [segment.constraints for segment in rest])
            for segment, result in zip(rest, results, strict=True):
                if result:
                    segment.accept(result, "placeholder")

    def _translate_plainly(self, segments: list[_Segment]) -> None:
        if segments:
            for segment, result in zip(segments, self._engine.translate([segment.source for segment in segments]), strict=True):
                segment.result = result

    def _replace(self, segments: list[_Segment]) -> None:
        """Put in what is lacking by the engine's alignment."""
        results = [segment.result for segment in segments if segment.result]
        aligned = self._engine.align([(result.source, result.target) for result in results]) if results else []
        for segment, result, links in zip(segments, results, aligned, strict=True):
            _replace_in(segment, result, links)

    def _divide(self, segments: list[_Segment], cut: Cut) -> None:
        """Translate what still lacks terms in parts, and keep that where it lacks fewer."""
        parts = [cut(segment.source, segment.constraints) for segment in segments]
        results = iter(self._translate_parts([part for group in parts for part in group]))
        for segment, group in zip(segments, parts, strict=True):
            translated = list(islice(results, len(group)))
            target = " ".join(result.target for result in translated)
            _accept_if_better(segment, joined(segment.source, target, translated, ("divided",)))

    def _translate_parts(self, parts: Sequence[Part]) -> list[Translation]:
        """Return the translation of each part: a term by itself is its target, a mark by itself stays."""
        results = [_without_model(text, constraints) for text, constraints in parts]
        if isinstance(self._engine, ConstrainedEngine):
            rows = [row for row, (_, constraints) in enumerate(parts) if constraints and results[row] is None]
            forced = self._engine.translate_with([parts[row][0] for row in rows], [parts[row][1] for row in rows]) if rows else []
            for row, result in zip(rows, forced, strict=True):
                results[row] = result
        rest = [text for (text, _), result in zip(parts, results, strict=True) if result is None]
        plain = iter(self._engine.translate(rest) if rest else [])
        return [result or next(plain) for result in results]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return how the characters of each pair relate: a term's exactly, the rest as the engine inside says."""
        return [
            _exact(links, self._glossary.match(source), target)
            for (source, target), links in zip(pairs, self._engine.align(pairs), strict=True)
        ]


def _constraint(match: Match) -> Constraint | None:
    term = match.wanted
    return None if term is None else Constraint(match.start, match.end, term.targets, is_fixed=term.match_case or term.keep)


def _without_model(source: str, constraints: Sequence[Constraint]) -> Translation | None:
    """Return the translation of a text that is one term, or no more than marks; None for any other."""
    text = source.strip()
    if len(constraints) == 1 and constraints[0].end - constraints[0].start >= len(text):
        target = constraints[0].targets[0]
        return Translation(source, target if constraints[0].is_fixed else capitalised(target), 0.0, 0)
    return None if any(character.isalnum() for character in text) else Translation(source, text.translate(_MARKS), 0.0, 0)


def _replace_in(segment: _Segment, result: Translation, links: Sequence[Link]) -> None:
    """Put what a translation lacks in the place of the words aligned with it."""
    lacking = segment.lacking
    kept = [(place.start, place.end) for place in find_places(segment.matches, result.target) if place]
    constraints = [item for item in map(_constraint, compress(segment.matches, lacking)) if item]
    target, done = replace_aligned(result.target, constraints, links, kept)
    is_done = iter(done)
    segment.accept(replace(result, target=target), "replacement", [is_lacking and next(is_done) for is_lacking in lacking])


def _accept_if_better(segment: _Segment, result: Translation) -> None:
    lacking = segment.lacking
    among = [
        match.wanted is not None and place is not None
        for match, place in zip(segment.matches, find_places(segment.matches, result.target), strict=True)
    ]
    if sum(among) > sum(match.wanted is not None for match in segment.matches) - sum(lacking):
        segment.accept(result, "parts", among)


def _finished(segment: _Segment, result: Translation, *, warn: bool) -> Translation:
    found = verdicts(segment.matches, result.target, segment.methods or [""] * len(segment.matches))
    violated = warn and any(verdict.outcome == "violated" for verdict in found)
    return replace(result, verdicts=found, warnings=(*result.warnings, WARNING) if violated else result.warnings)


def _exact(links: Sequence[Link], matches: Sequence[Match], target: str) -> list[Link]:
    """Return links in which the characters of each term relate to the place where it stands, and to nothing else."""
    pairs = [(match, place) for match, place in zip(matches, find_places(matches, target), strict=True) if place]
    rest = [
        link
        for link in links
        if all(link.source_end <= match.start or match.end <= link.source_start for match, _ in pairs)
        and all(link.target_end <= place.start or place.end <= link.target_start for _, place in pairs)
    ]
    return rest + [Link(match.start, match.end, place.start, place.end, 1.0) for match, place in pairs]
