"""Compares ways to store the weights of a model: size, speed, memory, quality, and whether a translation depends on its batch.

    python -m benchmarks.precisions --checkpoint C --tokenizers T --calibration ZH --eval EVAL --sets flores-dev wmt17 --lines 200
    python -m benchmarks.precisions --random base

`dynamic` and `nbits` are ONNX Runtime's own ways, `quantize_dynamic` and MatMulNBits with 8 bits (accuracy level 4); they leave embeddings
in 32 bits. `rows` and `constant` are ours: scales of activations by row or found beforehand. Each is measured in a process of its own.
Latency is the median of sentences translated alone, throughput that of batches of up to 32; `depend on the batch` counts sentences whose
translation then is another, and those whose score is. Prints one JSON object a way, then a Markdown table. Linux only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmarks.bundle_figures import FORCED
from benchmarks.random_network import CONFIGS, constant_scheme, random_network
from benchmarks.runtime_quantisers import convert, dynamic, nbits
from nmt.build.evaluate import read_lines
from nmt.build.layers import Variables
from nmt.build.package import calibrated, load_variables
from nmt.build.quantize import Scheme, chosen_products
from nmt.build.tables import markdown
from nmt.build.writer import Description, write_bundle
from nmt.config import NetworkConfig
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE

WAYS = ("fp32", "dynamic", "nbits", "rows", "constant")
Model = tuple[NetworkConfig, Variables]
Write = Callable[[Path, Model, Scheme], None]  # the path is the folder of the bundle
Change = Callable[[Path], None]  # of a graph


def main() -> None:
    """Compare as the command line says."""
    options = _options()
    results = []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for way, bundle in bundles(options, Path(name)):
            size = sum(path.stat().st_size for path in bundle.iterdir())
            results.append({"way": way, "mb": round(size / 1e6, 1), **measured(bundle, options)})
            sys.stdout.write(f"{json.dumps(results[-1])}\n")
            sys.stdout.flush()
    sys.stdout.write(markdown([shown(result, results[0]) for result in results]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--checkpoint", type=Path)
    model.add_argument("--random", choices=CONFIGS, help="a network with random weights; quality does not apply")
    parser.add_argument("--tokenizers", type=Path, help="folder with source.json and target.json")
    parser.add_argument("--calibration", type=Path, help="source sentences, one a line, for constant scales")
    parser.add_argument("--eval", type=Path, help="folder of evaluation sets: see nmt/build/evaluate.py")
    parser.add_argument("--sets", nargs="+", default=[])
    parser.add_argument("--lines", type=int, default=200, help="of each set")
    parser.add_argument("--sentences", type=int, default=64, help="for latency, throughput and what depends on the batch")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--sensitivity", type=Path, help="ranking of nmt.build.sensitivity: one more way keeps its first in 32 bits")
    parser.add_argument("--keep", type=int, default=2, help="how many of them")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where the bundles go while it runs; default: the one for temporary files")
    options = parser.parse_args()
    if options.checkpoint and not (options.tokenizers and options.calibration and options.eval and options.sets):
        parser.error("--checkpoint needs --tokenizers, --calibration, --eval and --sets")
    return options


def bundles(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, Path]]:
    """Write one bundle after the other, and yield each with its name."""
    write, plain, even, scheme = _random_model(options.random) if options.random else _trained_model(options)
    ways: dict[str, tuple[Model, Scheme, Change | None]] = {
        "fp32": (plain, Scheme("fp32"), None),
        "dynamic": (plain, Scheme("fp32"), dynamic),
        "nbits": (plain, Scheme("fp32"), nbits),
        "rows": (plain, Scheme("int8"), None),
        "constant": (even, scheme, None),
    }
    chosen = {way: ways[way] for way in options.ways}
    if options.sensitivity:
        exact = chosen_products(plain[0], (), options.sensitivity, options.keep)
        chosen[f"constant, {options.keep} in fp32"] = (even, replace(scheme, exact=exact), None)
    for number, (way, (model, stored, change)) in enumerate(chosen.items()):
        bundle = folder / str(number)
        write(bundle, model, stored)
        if change:
            convert(bundle, change)
        yield way, bundle


def _random_model(name: str) -> tuple[Write, Model, Model, Scheme]:
    network = random_network(CONFIGS[name])
    model = (network.config, network.variables)

    def write(bundle: Path, model: Model, scheme: Scheme) -> None:
        write_bundle(model, {}, bundle, scheme, Description(bundle.name, 100, 0.6, {}, max_target=FORCED))

    return write, model, model, constant_scheme(network)


def _trained_model(options: argparse.Namespace) -> tuple[Write, Model, Model, Scheme]:
    model = load_variables(options.checkpoint)
    description = Description("precisions", 100, 0.6, {}, placeholders=True)
    files = {SOURCE_FILE: options.tokenizers / "source.json", TARGET_FILE: options.tokenizers / "target.json"}
    even, scheme = calibrated(model, Tokenizer.from_file(str(files[SOURCE_FILE])), read_lines(options.calibration), description)

    def write(bundle: Path, model: Model, scheme: Scheme) -> None:
        write_bundle(model, files, bundle, scheme, description)

    return write, model, even, scheme


def measured(bundle: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one bundle, taken in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bundle_figures", bundle, "--beam", options.beam, "--threads", options.threads]
    command += ["--sentences", options.sentences, "--lines", options.lines]
    if options.checkpoint:
        command += ["--eval", options.eval, "--sets", *options.sets]
    output = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def shown(result: dict[str, Any], first: dict[str, Any]) -> dict[str, str]:
    """Return a result as a row of the table; size and throughput also as shares of the first one's."""
    quality = {f"{name} BLEU / chrF": f"{scores['bleu']} / {scores['chrf']}" for name, scores in result["sets"].items()}
    return {
        "way": result["way"],
        "size": f"{result['mb']} MB ({result['mb'] / first['mb']:.0%})",
        "load": f"{result['load_s']} s",
        "memory": f"{result['peak_mb']} MB",
        "latency": f"{result['latency_ms']} ms",
        "tokens/s": f"{result['tokens_per_second']:,} ({result['tokens_per_second'] / first['tokens_per_second']:.1f} times)",
        **quality,
        "depend on the batch": f"{result['other_texts']} / {result['other_scores']} of {result['sentences']}",
    }


if __name__ == "__main__":
    main()
