"""Ranks the products of a network by what 8 bits cost in each: only that one is stored so, and the predictions compared with 32 bits.

    python -m nmt.build.sensitivity --checkpoint C --tokenizers T --calibration ZH --sources ZH --targets EN --output FILE

The model is led along the targets. The cost is the Kullback-Leibler divergence of the next token's distribution in nats a token: the best
16 tokens of the network in 32 bits one by one, the others as one. Prints Markdown tables: the products by their cost, and what 8 bits cost
everywhere but in the most sensitive ones. `nmt.build.package --sensitivity FILE --keep N` keeps the N most sensitive in 32 bits.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from nmt.alignment import forced_steps
from nmt.build.evaluate import read_lines
from nmt.build.export import Network
from nmt.build.package import calibrated, load_variables
from nmt.build.quantize import Scheme, most_sensitive, product_names
from nmt.build.tables import markdown
from nmt.build.trial import trial_session
from nmt.build.writer import POSITIONS, Description
from nmt.config import Alignment
from nmt.search import Floats, Ints, SearchOptions, beam_search
from nmt.session import Decoding, Session, padded_width

TOP = 16  # tokens of a distribution that count one by one
KEPT = (0, 1, 2, 4)  # how many of the most sensitive products to keep in 32 bits
_BEAM = 4
_ROUNDS = 5
_LEAST = 1e-9  # probability
Predictions = list[tuple[Ints, Floats]]  # for each step tokens and their log-probabilities, [sentences, TOP]


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences of one padded width, and the targets that the model is led along."""

    sources: list[Ints]
    targets: list[Ints]


def batches(sources: Sequence[Ints], targets: Sequence[Ints]) -> list[Batch]:
    """Return the pairs by padded width."""
    by_width: dict[int, Batch] = {}
    for source, target in zip(sources, targets, strict=True):
        batch = by_width.setdefault(padded_width(len(source)), Batch([], []))
        batch.sources.append(source)
        batch.targets.append(target)
    return list(by_width.values())


def predict(session: Session, pairs: Sequence[Batch]) -> Predictions:
    """Return the best tokens at each position of the targets."""
    found: Predictions = []
    for batch in pairs:
        decoding = Decoding(session, session.encode(batch.sources), beam=1, candidates=TOP)
        for _, continued in forced_steps(batch.targets, 1):
            scores, tokens = decoding(continued)
            found.append((tokens.copy(), scores.copy()))
    return found


def divergence(session: Session, pairs: Sequence[Batch], expected: Predictions) -> float:
    """Return how far the session's distributions are from the expected ones, in nats a token."""
    predictions = iter(expected)
    values: list[Floats] = []
    for batch in pairs:
        decoding = Decoding(session, session.encode(batch.sources), beam=1, wanted=TOP)
        for _, continued in forced_steps(batch.targets, 1):
            tokens, scores = next(predictions)
            decoding.want(tokens[:, None])
            decoding(continued)
            values.append(kullback_leibler(scores, decoding.wanted_scores[:, 0]))
    return float(np.concatenate(values).mean())


def kullback_leibler(expected: Floats, found: Floats) -> Floats:
    """Return the divergence of distributions of which some log-probabilities are known, [N, TOP]; all other tokens count as one."""
    likely, rest, other = np.exp(expected), _rest(expected), _rest(found)
    return np.asarray((likely * (expected - found)).sum(axis=1) + rest * np.log(rest / other), np.float32)


def _rest(log_probs: Floats) -> Floats:
    return np.asarray(np.maximum(1 - np.exp(log_probs.astype(np.float64)).sum(axis=1), _LEAST), np.float64)


def blocks(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the products by the part of a layer they belong to: one attention, one feed-forward network."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault("/".join(name.split("/")[:3]), []).append(name)
    return found


def rank(network: Network, scheme: Scheme, groups: Mapping[str, Sequence[str]], pairs: Sequence[Batch]) -> list[dict[str, Any]]:
    """Return `name`, `products` and `divergence` of each group where it alone has the scheme, the most sensitive first."""
    everything = _everything(network)
    expected = predict(trial_session(network, Scheme("fp32")), pairs)
    ranking = []
    for name, products in groups.items():
        only = replace(scheme, exact=everything - frozenset(products))
        cost = divergence(trial_session(network, only), pairs, expected)
        ranking.append({"name": name, "products": list(products), "divergence": cost})
    return sorted(ranking, key=lambda item: -item["divergence"])


def _everything(network: Network) -> frozenset[str]:
    """Return the names of products and lookups."""
    return frozenset([*product_names(network.config), *(name for name in network.variables if name.endswith("/Weights"))])


def keeping(network: Network, scheme: Scheme, ranking: Sequence[Mapping[str, Any]], pairs: Sequence[Batch]) -> list[dict[str, Any]]:
    """Return for each number of `KEPT` groups in 32 bits, all others in 8, the divergence and the seconds of translating the sources."""
    expected = predict(trial_session(network, Scheme("fp32")), pairs)
    sessions = {count: trial_session(network, replace(scheme, exact=most_sensitive(ranking, count))) for count in KEPT}
    seconds: dict[int, list[float]] = {count: [] for count in KEPT}
    for _ in range(_ROUNDS):
        for count, session in sessions.items():
            seconds[count].append(_translating(session, pairs))
    return [
        {"kept": count, "divergence": divergence(session, pairs, expected), "seconds": statistics.median(seconds[count])}
        for count, session in sessions.items()
    ]


def _translating(session: Session, pairs: Sequence[Batch]) -> float:
    """Return the processor's seconds of one thread for searches that are as long as the targets."""
    started = time.process_time()
    for batch in pairs:
        options = SearchOptions(_BEAM, 0.6, session.manifest.network.softmax_width)
        beam_search(Decoding(session, session.encode(batch.sources), _BEAM), [len(target) + 1 for target in batch.targets], options)
    return time.process_time() - started


def main() -> None:
    """Rank as the command line says."""
    options = _options()
    config, variables = load_variables(options.checkpoint)
    tokenizers = [Tokenizer.from_file(str(options.tokenizers / f"{side}.json")) for side in ("source", "target")]
    description = Description("sensitivity", options.max_source, options.penalty, {})
    (config, variables), scheme = calibrated((config, variables), tokenizers[0], read_lines(options.calibration), description)
    network = Network(config, variables, POSITIONS, Alignment.usual(config))
    pairs = batches(*_read_pairs(options, tokenizers))
    names = product_names(config)
    groups = blocks(names) if options.blocks else {name: [name] for name in names}
    ranking = rank(network, scheme, groups, pairs)
    kept = keeping(network, scheme, ranking, pairs)
    options.output.write_text(json.dumps({"products": ranking, "keeping": kept}, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(markdown([{"in 8 bits": item["name"], "nats a token": f"{item['divergence']:.3g}"} for item in ranking]))
    sys.stdout.write("\n")
    sys.stdout.write(markdown([_shown(item, kept[0]) for item in kept]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("checkpoint", "tokenizers", "calibration", "sources", "targets", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--lines", type=int, default=64, help="how many of the pairs to take")
    parser.add_argument("--blocks", action="store_true", help="rank attentions and feed-forward networks, not single products")
    parser.add_argument("--max-source", type=int, default=100, help="source tokens the model was trained for; longer pairs are left out")
    parser.add_argument("--penalty", type=float, default=0.6, help="length penalty of the search")
    return parser.parse_args()


def _read_pairs(options: argparse.Namespace, tokenizers: Sequence[Tokenizer]) -> tuple[list[Ints], list[Ints]]:
    """Return the ids of sources and targets."""
    sides = [
        [np.array(item.ids, np.int64) for item in tokenizer.encode_batch(read_lines(path)[: options.lines], add_special_tokens=False)]
        for tokenizer, path in zip(tokenizers, (options.sources, options.targets), strict=True)
    ]
    pairs = [pair for pair in zip(*sides, strict=True) if 0 < len(pair[0]) <= options.max_source and 0 < len(pair[1]) < POSITIONS]
    return [source for source, _ in pairs], [target for _, target in pairs]


def _shown(item: Mapping[str, Any], first: Mapping[str, Any]) -> dict[str, str]:
    return {
        "in 32 bits": str(item["kept"]),
        "nats a token": f"{item['divergence']:.3g}",
        "time of translating": f"{item['seconds'] / first['seconds']:.2f}",
    }


if __name__ == "__main__":
    main()
