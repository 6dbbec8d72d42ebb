"""Makes a bundle of a trained checkpoint: ONNX graphs, tokenizers, manifest."""

import argparse
import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from nmt.build.export import Variables, export
from nmt.build.graph import Precision
from nmt.bundle import FORMAT, MANIFEST, verify
from nmt.config import NetworkConfig
from nmt.session import DECODER_FILE, ENCODER_FILE
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE


@dataclass(frozen=True, slots=True)
class Description:
    """What the manifest says beyond the files: see `nmt.bundle.Manifest`."""

    name: str
    max_source: int
    penalty: float
    record: dict[str, Any]


def load_variables(checkpoint: Path) -> tuple[NetworkConfig, Variables]:
    """Return the averaged variables that `nmt.build.train` saved."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return NetworkConfig.from_json(state["config"]), {name: value.numpy() for name, value in state["average"].items()}


def write_bundle(
    network: tuple[NetworkConfig, Variables], tokenizers: tuple[Path, Path], output: Path, precision: Precision, description: Description
) -> None:
    """Write the bundle aside, check it, and put it in place of whatever was at `output`."""
    config, variables = network
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".bundle-") as folder:
        partial = Path(folder) / output.name
        partial.mkdir()
        graphs = export(config, variables, precision)
        positions = min(int(prop.value) for graph in graphs.values() for prop in graph.metadata_props if prop.key == "positions")
        onnx.save(graphs["encoder"], partial / ENCODER_FILE)
        onnx.save(graphs["decoder"], partial / DECODER_FILE)
        shutil.copyfile(tokenizers[0], partial / SOURCE_FILE)
        shutil.copyfile(tokenizers[1], partial / TARGET_FILE)
        files = sorted(path.name for path in partial.iterdir())
        manifest = {
            "format": FORMAT,
            "name": description.name,
            "precision": precision,
            "network": config.to_json(),
            "parameters": int(sum(np.prod(value.shape) for value in variables.values())),
            "positions": positions,
            "decoding": {"max_source": description.max_source, "penalty": description.penalty},
            "files": {name: hashlib.sha256((partial / name).read_bytes()).hexdigest() for name in files},
            "record": description.record,
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        verify(partial)
        if output.exists():
            shutil.rmtree(output)
        partial.rename(output)


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
    options = parser.parse_args()
    record = json.loads(options.record.read_text(encoding="utf-8"))
    description = Description(options.output.name, options.max_source, options.penalty, record)
    tokenizers = (options.tokenizers / "source.json", options.tokenizers / "target.json")
    write_bundle(load_variables(options.checkpoint), tokenizers, options.output, options.precision, description)


if __name__ == "__main__":
    main()
