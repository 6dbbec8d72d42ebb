"""Makes a bundle of a trained checkpoint: ONNX graphs, tokenizers, manifest."""

import argparse
import json
from pathlib import Path

import torch

from nmt.build.export import Variables
from nmt.build.writer import Description, write_bundle
from nmt.config import NetworkConfig
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE


def load_variables(checkpoint: Path) -> tuple[NetworkConfig, Variables]:
    """Return the averaged variables that `nmt.build.train` saved."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return NetworkConfig.from_json(state["config"]), {name: value.numpy() for name, value in state["average"].items()}


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
    options = parser.parse_args()
    record = json.loads(options.record.read_text(encoding="utf-8"))
    description = Description(options.output.name, options.max_source, options.penalty, record, placeholders=options.placeholders)
    tokenizers = {SOURCE_FILE: options.tokenizers / "source.json", TARGET_FILE: options.tokenizers / "target.json"}
    write_bundle(load_variables(options.checkpoint), tokenizers, options.output, options.precision, description)


if __name__ == "__main__":
    main()
