"""How many glossary terms come out, at what cost in quality and time.

SOURCE and REFERENCE have one sentence a line, TERMS a JSON list of {"source": ..., "target": ...} for each: the terms that hold for that
sentence. Prints one JSON object a mode: `none` is without a glossary. `seconds` are processor time; those with and without terms are
translated apart. `present` is the share of terms whose target stands in the output, whatever its letter case.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sacrebleu

from models.segment import Translation
from models.terms import GLOSSARY_MODES, GlossaryMode, GlossaryOptions, Term
from pipeline.engines import Engine, EngineOptions, open_engine
from pipeline.glossary import Glossary, Match
from pipeline.glossary_engine import GlossaryEngine

BATCH = 64


@dataclass(frozen=True)
class Case:
    """A sentence with its reference and the terms that hold for it."""

    source: str
    reference: str
    terms: tuple[Term, ...]


class SentenceGlossaries(Glossary):
    """A glossary of its own for each sentence."""

    def __init__(self, cases: Sequence[Case], mode: GlossaryMode) -> None:
        super().__init__([], GlossaryOptions(mode))
        self._own = {case.source: Glossary(case.terms, self.options) for case in cases}

    def match(self, text: str) -> tuple[Match, ...]:
        """Return the terms that hold for a sentence."""
        return self._own[text].match(text)


def read_cases(source: Path, reference: Path, terms: Path) -> list[Case]:
    """Return the sentences of three files that go together line by line."""
    files = [path.read_text(encoding="utf-8").splitlines() for path in (source, reference, terms)]
    return [Case(text, other, _terms(line)) for text, other, line in zip(*files, strict=True)]


def _terms(line: str) -> tuple[Term, ...]:
    return tuple(Term(item["source"], item["target"]) for item in json.loads(line))


def translate(engine: Engine, cases: Sequence[Case]) -> tuple[list[Translation], float]:
    """Return the translations and the processor time that they took, in seconds."""
    began = time.process_time()
    results: list[Translation] = []
    for start in range(0, len(cases), BATCH):
        results += engine.translate([case.source for case in cases[start : start + BATCH]])
    return results, time.process_time() - began


def measure(engine: Engine, groups: Sequence[Sequence[Case]]) -> dict[str, Any]:
    """Return the figures for the cases with terms and those without."""
    (found, with_seconds), (others, without_seconds) = (translate(engine, group) for group in groups)
    with_terms, without = groups
    wanted = [(term.target, result.target) for case, result in zip(with_terms, found, strict=True) for term in case.terms]
    verdicts = [verdict for result in found for verdict in result.verdicts]
    return {
        "present": round(sum(_stands_in(*pair) for pair in wanted) / len(wanted), 4),
        "terms": len(wanted),
        "held": sum(verdict.outcome != "violated" for verdict in verdicts),
        "verdicts": dict(Counter(f"{verdict.outcome} {verdict.reason}".strip() for verdict in verdicts).most_common()),
        "bleu_with_terms": _bleu(with_terms, found),
        "bleu": _bleu([*with_terms, *without], [*found, *others]),
        "seconds_with_terms": round(with_seconds, 2),
        "seconds": round(with_seconds + without_seconds, 2),
        "warnings": dict(Counter(warning for result in found for warning in result.warnings)),
    }


def _stands_in(term: str, target: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}(?!\w)", target, re.IGNORECASE) is not None


def _bleu(cases: Sequence[Case], results: Sequence[Translation]) -> float:
    score = sacrebleu.corpus_bleu([result.target for result in results], [[case.reference for case in cases]])
    return round(float(score.score), 2)


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--reference", type=Path, required=True)
    parser.add_argument("--terms", type=Path, required=True)
    parser.add_argument("--bundle", help="folder of a model; the one that ships unless given")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    cases = read_cases(options.source, options.reference, options.terms)
    groups = [[case for case in cases if case.terms], [case for case in cases if not case.terms]]
    engine = open_engine(EngineOptions(bundle=options.bundle), options.threads)
    engine.translate([cases[0].source])
    bleu = sacrebleu.metrics.BLEU()
    bleu.corpus_score([""], [[""]])  # it knows its signature only then
    matched = sum(len(Glossary(case.terms).match(case.source)) for case in groups[0])
    _print({"sentences": len(cases), "with_terms": len(groups[0]), "matched": matched, "signature": str(bleu.get_signature())})
    _print({"mode": "none", **measure(engine, groups)})
    for mode in reversed(GLOSSARY_MODES):
        _print({"mode": mode, **measure(GlossaryEngine(engine, SentenceGlossaries(cases, mode)), groups)})


def _print(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
