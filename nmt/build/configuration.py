"""Reads the configuration of a ModelScope CSANMT model, and refuses what this program cannot run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import ModelError
from nmt.config import NetworkConfig

CONFIGURATION = "configuration.json"
LONGEST = 4096  # positions; an absurd limit of the target length would make an absurd graph

# What each key of the section "model" must be. The reference knows other values; no model that was published for this direction has them.
_SUPPORTED: Mapping[str, tuple[Any, ...]] = {
    "layer_preproc": ("layer_norm",),
    "layer_postproc": ("none",),
    "position_info_type": ("absolute", "relative"),
    "shared_embedding_and_softmax_weights": (True,),
    "shared_source_target_embedding": (True, False),
}


@dataclass(frozen=True, slots=True)
class Decoding:
    """How the reference searches: `limit` is the greatest number of target tokens, whatever the source's length."""

    beam: int
    penalty: float
    limit: int


class Section:
    """A part of the configuration; errors name the file and the key."""

    def __init__(self, path: Path, name: str, values: Any) -> None:
        self._path = path
        self._name = name
        if not isinstance(values, dict):
            raise ModelError(f"{path} has no section {name!r}; give the folder of a CSANMT model, as ModelScope keeps it")
        self.values: dict[str, Any] = values

    def get(self, key: str, *kinds: type) -> Any:
        """Return the value of `key`, which must be there and of one of these kinds."""
        if key not in self.values:
            raise ModelError(f"{self._path}: {self._name}.{key} is missing; the model cannot be known without it, download the file again")
        value = self.values[key]
        if type(value) not in kinds:  # to isinstance, true is an integer
            raise self.refusal(key, "a value of that type means nothing here; download the file again")
        return value

    def number(self, key: str, low: int, high: int) -> int:
        """Return an integer within bounds."""
        value = int(self.get(key, int))
        if not low <= value <= high:
            raise self.refusal(key, f"it must be {low} to {high}")
        return value

    def require(self, key: str, supported: tuple[Any, ...]) -> Any:
        """Return the value of `key` if it is one that this program can run."""
        value = self.get(key, str, bool)
        if value not in supported:
            raise self.refusal(key, f"only {' or '.join(map(json.dumps, supported))} is supported; use a model that was made so")
        return value

    def refusal(self, key: str, remedy: str) -> ModelError:
        """Return the error about the value of `key`."""
        return ModelError(f"{self._path}: {self._name}.{key} is {json.dumps(self.values[key], ensure_ascii=False)}; {remedy}")

    def file(self, key: str) -> Path:
        """Return the file beside the configuration that `key`.file names."""
        section = Section(self._path, f"{self._name}.{key}", self.values.get(key))
        name = section.get("file", str)
        if not name or Path(name).name != name:
            raise section.refusal("file", "it must be the name of a file in the model's folder")
        return self._path.with_name(name)


def read_json(path: Path) -> dict[str, Any]:
    """Return the configuration file as it stands."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; give the folder of a CSANMT model, as ModelScope keeps it") from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}); download it again") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path} is not a configuration; download it again")
    return values


def read_network(model: Section) -> NetworkConfig:
    """Return the network that the section "model" describes."""
    chosen = {key: model.require(key, supported) for key, supported in _SUPPORTED.items()}
    for key in model.values:
        if "activation" in key:
            model.require(key, ("relu",))
    hidden = model.number("hidden_size", 4, 2**16)
    heads = model.number("num_heads", 1, hidden)
    if hidden % 2 or hidden % heads:
        raise model.refusal("hidden_size", f"it must be even and a multiple of num_heads, {heads}")
    source, target = model.number("src_vocab_size", 2, 2**24), model.number("trg_vocab_size", 2, 2**24)
    shared = bool(chosen["shared_source_target_embedding"])
    if shared and source != target:
        raise model.refusal("trg_vocab_size", f"with a shared embedding it must be src_vocab_size, {source}")
    return NetworkConfig(
        hidden=hidden,
        filter=model.number("filter_size", 1, 2**20),
        heads=heads,
        encoder_layers=model.number("num_encoder_layers", 1, 1000),
        semantic_layers=model.number("num_semantic_encoder_layers", 1, 1000),
        decoder_layers=model.number("num_decoder_layers", 1, 1000),
        source_vocabulary=source,
        target_vocabulary=target,
        shared_embeddings=shared,
        relative_distance=model.number("max_relative_dis", 1, LONGEST),
        relative_positions=chosen["position_info_type"] == "relative",
    )


def read_decoding(model: Section) -> Decoding:
    """Return how the section "model" says to search."""
    return Decoding(model.number("beam_size", 1, 32), _penalty(model), model.number("max_decoded_trg_len", 1, LONGEST))


def _penalty(model: Section) -> float:
    value = float(model.get("lp_rate", int, float))
    if not 0 <= value <= 10:  # noqa: PLR2004 - also false for NaN
        raise model.refusal("lp_rate", "it must be 0 to 10")
    return value
