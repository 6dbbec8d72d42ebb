"""Measures one bundle, and prints the figures as JSON: the part of `benchmarks.precisions` that runs in a process of its own."""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.import_model import peak
from nmt.bundle import Manifest, verify
from nmt.search import Hypothesis, Ints, SearchOptions, beam_search
from nmt.session import Decoding, Session, padded_width
from nmt.tokenization import open_tokenizer
from pipeline.document import translate_lines
from pipeline.engines import EngineOptions, open_engine

BATCH = 32  # sentences
FORCED = 25  # tokens of a translation by a random network, which never ends one
_WARM = 3  # sentences


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--beam", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--sentences", type=int, required=True)
    parser.add_argument("--lines", type=int, required=True)
    parser.add_argument("--eval", type=Path)
    parser.add_argument("--sets", nargs="+", default=[])
    options = parser.parse_args()
    started = time.perf_counter()
    session = Session(verify(options.bundle), options.threads)
    result: dict[str, Any] = {"load_s": round(time.perf_counter() - started, 2)}
    result |= speed(session, sources_of(session.manifest, options), options.beam)
    result |= {"peak_mb": peak(), "sets": {name: quality(name, options) for name in options.sets}}
    sys.stdout.write(json.dumps(result))


def sources_of(manifest: Manifest, options: argparse.Namespace) -> list[Ints]:
    """Return sentences of the first set, or random ones where there is no set."""
    if not options.eval:
        from benchmarks.random_network import random_sources  # noqa: PLC0415 - it loads what builds models

        return random_sources(manifest.network, options.sentences, FORCED - 1)
    lines = (options.eval / f"{options.sets[0]}.zh").read_text(encoding="utf-8").splitlines()
    encoded = [ids for ids in open_tokenizer(manifest).encode(lines) if 0 < len(ids) <= manifest.max_source]
    return encoded[: options.sentences]


def speed(session: Session, sources: Sequence[Ints], beam: int) -> dict[str, Any]:
    """Return latency, throughput, and how many sentences have another translation or another score in a batch than alone."""
    for source in sources[:_WARM]:
        translate(session, [source], beam)
    seconds, alone = [], []
    for source in sources:
        started = time.perf_counter()
        alone += translate(session, [source], beam)
        seconds.append(time.perf_counter() - started)
    rows = batches(sources)
    started = time.perf_counter()
    together = [translate(session, [sources[row] for row in batch], beam) for batch in rows]
    total = time.perf_counter() - started
    pairs = [(alone[row], found) for batch, results in zip(rows, together, strict=True) for row, found in zip(batch, results, strict=True)]
    return {
        "sentences": len(sources),
        "latency_ms": round(statistics.median(seconds) * 1e3, 1),
        "tokens_per_second": round(sum(len(found.tokens) + found.finished for _, found in pairs) / total),
        "other_texts": sum(one.tokens != other.tokens for one, other in pairs),
        "other_scores": sum(one.score != other.score for one, other in pairs),
    }


def translate(session: Session, sources: Sequence[Ints], beam: int) -> list[Hypothesis]:
    """Return the best translation of each sentence of one batch."""
    manifest = session.manifest
    limits = [manifest.max_target or min(manifest.positions, 3 * len(source) + 16) for source in sources]
    options = SearchOptions(beam, manifest.penalty, manifest.network.softmax_width)
    return [found[0] for found in beam_search(Decoding(session, session.encode(sources), beam), limits, options)]


def batches(sources: Sequence[Ints]) -> list[list[int]]:
    """Return the rows of each batch: sentences of one padded width, as in the engine."""
    by_width: dict[int, list[int]] = {}
    for row, source in enumerate(sources):
        by_width.setdefault(padded_width(len(source)), []).append(row)
    return [rows[first : first + BATCH] for rows in by_width.values() for first in range(0, len(rows), BATCH)]


def quality(name: str, options: argparse.Namespace) -> dict[str, float]:
    """Return BLEU and chrF of the first lines of a set."""
    from nmt.build.evaluate import read_lines, score  # noqa: PLC0415 - loads what a translation does not need

    reference = options.eval / f"{name}.ref.en"
    references = read_lines(reference if reference.exists() else options.eval / f"{name}.en")[: options.lines]
    engine = open_engine(EngineOptions("csanmt", str(options.bundle), options.beam), options.threads)
    outputs = translate_lines(read_lines(options.eval / f"{name}.zh")[: options.lines], engine)
    return score([item.target for item in outputs], references)


if __name__ == "__main__":
    main()
