"""Writes a model bundle: ONNX graphs, the files of its tokenizer, manifest."""

import hashlib
import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from models.errors import OutputError
from nmt.build.decoder import output_matrix
from nmt.build.export import Network
from nmt.build.graph import DataFile
from nmt.build.layers import Variables
from nmt.build.quantize import Precision, Scheme, quantise_columns
from nmt.bundle import DEFAULT_BEAM, FORMAT, MANIFEST
from nmt.config import Alignment, NetworkConfig, projection_name, variable_shapes
from nmt.library import new_bundle
from nmt.session import DECODER_FILE, ENCODER_FILE
from nmt.shortlist import SHORTLIST_FILE, Lexicon, Shortlist

POSITIONS = 512
_SIZES = {"fp32": 4, "int8": 1}  # bytes a parameter
_INLINE = 512 * 2**20  # bytes of weights up to which the graphs hold them themselves


@dataclass(frozen=True, slots=True)
class Description:
    """What the manifest says beyond the files: see `nmt.bundle.Manifest`. With a `lexicon` the model has a shortlist made of it."""

    name: str
    max_source: int
    penalty: float
    record: dict[str, Any]
    tokenizer: str = "subword"
    max_target: int | None = None
    beam: int = DEFAULT_BEAM
    placeholders: bool = False
    alignment: Alignment | None = None  # None: as `Alignment.usual` has it
    lexicon: Lexicon | None = None


def write_bundle(
    network: tuple[NetworkConfig, Variables],
    tokenizer: Mapping[str, Path],
    output: Path,
    scheme: Scheme,
    description: Description,
    inline: int = _INLINE,
) -> None:
    """Write the bundle aside, check it, and put it in place of the bundle that was at `output`.

    Args:
        network: the variables are asked for one by one, each only while it is written.
        tokenizer: the files of the tokenizer, by the name they get in the bundle.
        output: the folder.
        scheme: how the weights are stored.
        description: what else the manifest says.
        inline: bytes of weights up to which the graphs hold them themselves; more lie in a file beside each graph.

    Raises:
        OutputError: something that is no bundle is there, or it cannot be written.
    """
    output = output.absolute()
    external = _parameters(network[0]) * _SIZES[scheme.precision] > inline
    alignment = description.alignment or Alignment.usual(network[0])
    exported = Network(*network, max(POSITIONS, description.max_target or 0), alignment, shortlist=description.lexicon is not None)
    with new_bundle(output) as partial:
        if not _is_free(output):
            raise OutputError(f"{output} exists and is no model bundle; name a folder that does not exist yet with --output")
        _write_graphs(partial, exported, scheme, external=external)
        if description.lexicon is not None:
            shortlist_of(exported, scheme, description.lexicon).save(partial / SHORTLIST_FILE)
        for name, path in tokenizer.items():
            shutil.copyfile(path, partial / name)
        _write_manifest(partial, exported, scheme.precision, description)


def _is_free(output: Path) -> bool:
    """Return whether nothing but a bundle would be lost at `output`."""
    if output.is_symlink() or not output.is_dir():
        return not os.path.lexists(output)
    return (output / MANIFEST).is_file() or not any(output.iterdir())


def shortlist_of(network: Network, scheme: Scheme, lexicon: Lexicon) -> Shortlist:
    """Return the shortlist of a network that is stored so."""
    matrix = output_matrix(network.config, network.variables)
    exact = scheme.is_exact(projection_name(network.config))
    kernel, scales = (matrix, np.ones(matrix.shape[1], np.float32)) if exact else quantise_columns(matrix)
    return Shortlist(lexicon, kernel, scales)


def _parameters(config: NetworkConfig) -> int:
    return sum(math.prod(shape) for shape in variable_shapes(config).values())


def _write_manifest(folder: Path, network: Network, precision: Precision, description: Description) -> None:
    manifest = {
        "format": FORMAT,
        "name": description.name,
        "precision": precision,
        "network": network.config.to_json(),
        "parameters": _parameters(network.config),
        "positions": network.positions,
        "tokenizer": description.tokenizer,
        "decoding": _decoding(description) | {"alignment": asdict(network.alignment)},
        "files": {path.name: _digest(path) for path in sorted(folder.iterdir())},
        "record": description.record,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _write_graphs(folder: Path, network: Network, scheme: Scheme, *, external: bool) -> None:
    """Write one graph after the other, so that memory holds one at most."""
    for name, export in ((ENCODER_FILE, network.encoder), (DECODER_FILE, network.decoder)):
        path = folder / name
        if external:
            with DataFile(folder / f"{name}.data") as data:
                model = export(scheme, data)
            onnx.save(model, path)
            onnx.checker.check_model(str(path))
        else:
            onnx.save(export(scheme), path)


def _decoding(description: Description) -> dict[str, Any]:
    names = ("max_source", "penalty", "beam", "placeholders")
    values: dict[str, Any] = {name: getattr(description, name) for name in names}
    return values if description.max_target is None else values | {"max_target": description.max_target}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
