"""Makes a bundle of a trained checkpoint: ONNX graphs, tokenizers, manifest."""

import argparse
import json
from pathlib import Path

import torch

from nmt.build.layers import Variables
from nmt.build.quantize import Scheme
from nmt.build.writer import Description, write_bundle
from nmt.config import Alignment, NetworkConfig
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE


def load_variables(checkpoint: Path) -> tuple[NetworkConfig, Variables]:
    """Return the averaged variables that `nmt.build.train` saved."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return NetworkConfig.from_json(state["config"]), {name: value.numpy() for name, value in state["average"].items()}


def guided_alignment(config: NetworkConfig) -> Alignment:
    """Return the attention that training with alignments guides: see `nmt.build.train.alignment_loss`."""
    return Alignment(config.decoder_layers - 1, (0,), 1)


def main() -> None:
    """Package as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizers", type=Path, required=True, help="folder with source.json and target.json")
    parser.add_argument("--record", type=Path, required=True, help="JSON: licence, attribution, training, evaluation")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--precision", choices=("fp32", "int8"), default="int8")
    parser.add_argument("--max-source", type=int, default=100, help="source tokens the model was trained for")
    parser.add_argument("--penalty", type=float, default=0.6, help="length penalty of the search")
    parser.add_argument("--placeholders", action="store_true", help="the model copies placeholders: see nmt.build.corpus")
    parser.add_argument("--guided", action="store_true", help="the model was trained with alignments: see nmt.build.links")
    options = parser.parse_args()
    record = json.loads(options.record.read_text(encoding="utf-8"))
    network = load_variables(options.checkpoint)
    description = Description(
        options.output.name,
        options.max_source,
        options.penalty,
        record,
        placeholders=options.placeholders,
        alignment=guided_alignment(network[0]) if options.guided else None,
    )
    tokenizers = {SOURCE_FILE: options.tokenizers / "source.json", TARGET_FILE: options.tokenizers / "target.json"}
    write_bundle(network, tokenizers, options.output, Scheme(options.precision), description)


if __name__ == "__main__":
    main()
