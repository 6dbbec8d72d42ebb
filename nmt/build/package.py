"""Makes a bundle of a trained checkpoint: ONNX graphs, tokenizers, manifest."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from nmt.build.calibrate import measure, smoothed
from nmt.build.export import Network
from nmt.build.layers import Variables
from nmt.build.lexicon import load_lexicon
from nmt.build.quantize import Scheme, chosen_products
from nmt.build.vocabulary import load_tokenizers
from nmt.build.writer import POSITIONS, Description, write_bundle
from nmt.config import Alignment, NetworkConfig
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE


def load_variables(checkpoint: Path) -> tuple[NetworkConfig, Variables]:
    """Return the averaged variables that `nmt.build.train` saved."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return NetworkConfig.from_json(state["config"]), {name: value.float().numpy() for name, value in state["average"].items()}


def guided_alignment(config: NetworkConfig) -> Alignment:
    """Return the attention that training with alignments guides: see `nmt.build.train.alignment_loss`."""
    return Alignment(config.decoder_layers - 1, (0,), 1)


def calibrated(
    network: tuple[NetworkConfig, Variables], tokenizer: Tokenizer, sentences: list[str], description: Description
) -> tuple[tuple[NetworkConfig, Variables], Scheme]:
    """Return the network with even activations, and a scheme with the scales that these sentences need."""
    encoded = (np.array(item.ids, np.int64) for item in tokenizer.encode_batch(sentences, add_special_tokens=False))
    sources = [ids for ids in encoded if 0 < len(ids) <= description.max_source]
    config, variables = network
    ranges = measure(Network(config, variables, POSITIONS, Alignment.usual(config)), sources, description.penalty)
    changed, limits = smoothed(config, variables, ranges)
    return (config, changed), Scheme("int8", limits)


def main() -> None:
    """Package as the command line says."""
    options = _options()
    record = json.loads(options.record.read_text(encoding="utf-8"))
    network = load_variables(options.checkpoint)
    exact = chosen_products(network[0], options.exact, options.sensitivity, options.keep)
    description = Description(
        options.output.name,
        options.max_source,
        options.penalty,
        record,
        placeholders=options.placeholders,
        alignment=guided_alignment(network[0]) if options.guided else None,
        lexicon=load_lexicon(options.lexicon, network[0]) if options.lexicon else None,
    )
    tokenizers = {SOURCE_FILE: options.tokenizers / "source.json", TARGET_FILE: options.tokenizers / "target.json"}
    scheme = Scheme(options.precision)
    if options.calibration:
        tokenizer, _ = load_tokenizers(options.tokenizers)
        network, scheme = calibrated(network, tokenizer, options.calibration.read_text(encoding="utf-8").splitlines(), description)
    write_bundle(network, tokenizers, options.output, replace(scheme, exact=exact), description)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizers", type=Path, required=True, help="folder with source.json and target.json")
    parser.add_argument("--record", type=Path, required=True, help="JSON: licence, attribution, training, evaluation")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--precision", choices=("fp32", "int8"), default="int8")
    parser.add_argument("--max-source", type=int, default=100, help="source tokens the model was trained for")
    parser.add_argument("--penalty", type=float, default=0.6, help="length penalty of the search")
    parser.add_argument("--placeholders", action="store_true", help="the model copies placeholders: see nmt.build.corpus")
    parser.add_argument("--calibration", type=Path, help="source sentences, one a line, for constant 8-bit scales: see nmt.build.calibrate")
    parser.add_argument("--lexicon", type=Path, help="what source tokens may become, for a shortlist: see nmt.build.lexicon")
    parser.add_argument("--guided", action="store_true", help="the model was trained with alignments: see nmt.build.links")
    parser.add_argument("--exact", nargs="+", default=[], metavar="PRODUCT", help="products to keep in 32 bits")
    parser.add_argument("--sensitivity", type=Path, help="ranking of the products: see nmt.build.sensitivity")
    parser.add_argument("--keep", type=int, default=0, help="how many of the ranking's first to keep in 32 bits")
    return parser.parse_args()


if __name__ == "__main__":
    main()
