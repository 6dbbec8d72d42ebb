"""Times the engine beside CTranslate2 int8: a Transformer of the same layers and vocabulary, random weights, outputs of equal length.

    python -m benchmarks.decoding small base --threads 1

Both translate the same batches in turn, and a ratio is the median of the pairs' ratios. `rows`: our engine with a scale a row of
activations, `constant`: with constant scales, `shortlist`: with constant scales and a lexical shortlist. Ours has a semantic encoder on
top, and its time counts. `of peak`: the 8-bit multiplications that the translations need a second (without shortlist), of those that one
large product does. Tokens and what they become are drawn as often as words are, by Zipf's law. Prints one JSON object a cell, then a
Markdown table.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.ctranslate import Peer
from benchmarks.random_network import CONFIGS, constant_scheme, random_lexicon, random_network, random_sources
from nmt.build.graph import Graph
from nmt.build.layers import FLOAT
from nmt.build.quantize import Scheme
from nmt.build.tables import markdown
from nmt.build.trial import trial_session
from nmt.config import NetworkConfig, variable_shapes
from nmt.search import Ints, SearchOptions, beam_search
from nmt.session import Decoding, Session

SOURCE, TARGET = 24, 25  # tokens, the end of the source not counted
PEAK_SHAPE = (512, 2048, 8192)  # rows, inputs, outputs
Run = Callable[[Sequence[Ints], int], Sequence[int]]  # sentences, beam -> target tokens of each


@dataclass(frozen=True, slots=True)
class Rounds:
    """How long to measure, and by which clock: at least `least` rounds, and more until `seconds` are over."""

    least: int
    seconds: float
    clock: Callable[[], float]


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="+", choices=CONFIGS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=3, help="at least so many a cell")
    parser.add_argument("--seconds", type=float, default=3.0, help="and more until this time is over")
    parser.add_argument("--processor-time", action="store_true", help="by the processor's clock: for one thread on a machine that is busy")
    options = parser.parse_args()
    rounds = Rounds(options.rounds, options.seconds, time.process_time if options.processor_time else time.perf_counter)
    results = []
    for name in options.networks:
        runs = open_runs(CONFIGS[name], options.threads)
        for batch in options.batches:
            for beam in options.beams:
                seconds = alternate(runs, random_sources(CONFIGS[name], batch, SOURCE), beam, rounds)
                cell = {"network": name, "threads": options.threads, "batch": batch, "beam": beam}
                results.append(cell | figures(seconds, CONFIGS[name], batch, beam, peak(options.threads, rounds.clock)))
                sys.stdout.write(f"{json.dumps(results[-1])}\n")
                sys.stdout.flush()
    sys.stdout.write(markdown([shown(result) for result in results]))


def open_runs(config: NetworkConfig, threads: int) -> dict[str, Run]:
    """Return what is compared, by name."""
    network = random_network(config)
    scheme = constant_scheme(network)
    with tempfile.TemporaryDirectory() as folder:
        peer = Peer(config, Path(folder), threads)
    return {
        "ctranslate2": lambda sources, beam: peer.translate(sources, beam, TARGET),
        "rows": our_run(trial_session(network, Scheme("int8"), threads)),
        "constant": our_run(trial_session(network, scheme, threads)),
        "shortlist": our_run(trial_session(network, scheme, threads, random_lexicon(config))),
    }


def our_run(session: Session) -> Run:
    """Return the engine as a run."""

    def run(sources: Sequence[Ints], beam: int) -> list[int]:
        options = SearchOptions(beam, 0.6, session.manifest.network.softmax_width)
        found = beam_search(Decoding(session, session.encode(sources), beam), [TARGET] * len(sources), options)
        return [len(hypotheses[0].tokens) for hypotheses in found]

    return run


def alternate(runs: dict[str, Run], sources: Sequence[Ints], beam: int, rounds: Rounds) -> dict[str, list[float]]:
    """Return the seconds of each run in each round; the first round warms up and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    began = time.perf_counter()
    while len(seconds["constant"]) <= rounds.least or time.perf_counter() - began < rounds.seconds:
        for name, run in runs.items():
            started = rounds.clock()
            lengths = run(sources, beam)
            seconds[name].append(rounds.clock() - started)
            if set(lengths) != {TARGET}:
                raise RuntimeError(f"{name}: outputs have {sorted(set(lengths))} tokens, not {TARGET}")
    return {name: values[1:] for name, values in seconds.items()}


def figures(seconds: dict[str, list[float]], config: NetworkConfig, batch: int, beam: int, highest: float) -> dict[str, Any]:
    """Return medians in milliseconds, how many times CTranslate2's speed they are, tokens a second, and the share of the peak."""
    result: dict[str, Any] = {"rounds": len(seconds["constant"])}
    for name, values in seconds.items():
        result[f"{name}_ms"] = round(statistics.median(values) * 1e3, 1)
        if name != "ctranslate2":
            pairs = zip(seconds["ctranslate2"], values, strict=True)
            result[f"{name}_ratio"] = round(statistics.median(theirs / ours for theirs, ours in pairs), 2)
    sentences = batch / statistics.median(seconds["constant"])
    result["tokens_per_second"] = round(sentences * TARGET)
    result["of_peak"] = round(sentences * multiplications(config, beam) / highest, 2)
    return result


def multiplications(config: NetworkConfig, beam: int) -> int:
    """Return the 8-bit multiplications of one sentence."""
    steps = beam * TARGET
    total = config.hidden * config.softmax_width * steps
    for name, shape in variable_shapes(config).items():
        if not name.endswith("/matrix"):
            continue
        once = "pooling" in name or "augmentation" in name
        by_position = name.startswith(("encoder/", "mini_xlm_encoder/")) or "/kv_transform/" in name
        total += shape[0] * shape[1] * (1 if once else SOURCE + 1 if by_position else steps)
    return total


def peak(threads: int, clock: Callable[[], float]) -> float:
    """Return the multiplications a second of one large 8-bit product, as the engine runs its own."""
    rows, inputs, outputs = PEAK_SHAPE
    graph = Graph("peak", Scheme("int8", {"matrix": 8.0}))
    matrix = np.random.default_rng(0).standard_normal((inputs, outputs), np.float32)
    graph.output(graph.linear(graph.input("x", FLOAT, [rows, inputs]), matrix, None, "matrix"), "y", FLOAT, [rows, outputs])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(graph.model({}).SerializeToString(), options, providers=["CPUExecutionProvider"])
    x = np.ones((rows, inputs), np.float32)
    shortest = float("inf")
    for _ in range(5):
        started = clock()
        session.run(["y"], {"x": x})
        shortest = min(shortest, clock() - started)
    return rows * inputs * outputs / shortest


def shown(result: dict[str, Any]) -> dict[str, str]:
    """Return a result as a row of the table."""
    return {
        "network": result["network"],
        "threads": str(result["threads"]),
        "batch": str(result["batch"]),
        "beam": str(result["beam"]),
        "CTranslate2": f"{result['ctranslate2_ms']} ms",
        "rows": f"{result['rows_ms']} ms",
        "constant": f"{result['constant_ms']} ms",
        "shortlist": f"{result['shortlist_ms']} ms",
        "rows, times": f"{result['rows_ratio']}",
        "constant, times": f"{result['constant_ratio']}",
        "tokens/s": f"{result['tokens_per_second']:,}",
        "of peak": f"{result['of_peak']:.0%}",
        "shortlist, times": f"{result['shortlist_ratio']}",
    }


if __name__ == "__main__":
    main()
