"""Imports a CSANMT model as ModelScope distributes it: configuration, vocabularies, BPE codes, TensorFlow checkpoint.

The folder's layout, the configuration's keys and the variables are those of `damo/nlp_csanmt_translation_zh2en` and its kind.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.build.checkpoint import Checkpoint
from nmt.bundle import Manifest, load_manifest
from nmt.config import NetworkConfig, variable_shapes
from nmt.jieba_tokenizer import CODES_FILE, SOURCE_FILE, TARGET_FILE, check_codes, read_vocabulary

if TYPE_CHECKING:
    from nmt.build.graph import Precision

CONFIGURATION = "configuration.json"
CHECKPOINTS = "tf_ckpts"
SCOPE = "NmtModel/"
_DEFAULT_PREFIX = "ckpt-0"
_LONGEST = 4096  # positions; an absurd limit of the target length would make an absurd graph
_TRAINED_LENGTH = 100  # subwords a sentence, where the configuration does not say

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


@dataclass(frozen=True, slots=True)
class Source:
    """A model folder that was read and checked; nothing of the weights is in memory yet."""

    folder: Path
    checkpoint: str
    network: NetworkConfig
    variables: "Variables"
    decoding: Decoding
    max_source: int
    tokenizer: dict[str, Path]


class Variables(Mapping[str, NDArray[np.float32]]):
    """The variables of a checkpoint without the prefix `NmtModel/`; each is mapped from the file when asked for, and let go after use."""

    def __init__(self, checkpoint: Checkpoint, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Check that all are there, in full and in the right shape; whatever else the checkpoint holds (optimiser state) is ignored."""
        self._checkpoint = checkpoint
        self._shapes = shapes
        for name, shape in shapes.items():
            tensor = checkpoint.tensor(f"{SCOPE}{name}")
            if tensor.shape != shape or tensor.dtype != np.float32:
                found = f"{tensor.dtype} {list(tensor.shape)}"
                raise ModelError(f"variable {SCOPE}{name} is {found} in the checkpoint, but {CONFIGURATION} wants float32 {list(shape)}")

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        if name not in self._shapes:
            raise KeyError(name)
        tensor: NDArray[np.float32] = self._checkpoint.tensor(f"{SCOPE}{name}")
        if not np.isfinite(tensor).all():
            raise ModelError(f"variable {SCOPE}{name} of the checkpoint has values that are no numbers; download it again")
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)


class _Section:
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
        section = _Section(self._path, f"{self._name}.{key}", self.values.get(key))
        name = section.get("file", str)
        if not name or Path(name).name != name:
            raise section.refusal("file", "it must be the name of a file in the model's folder")
        return self._path.with_name(name)


def read_source(folder: Path) -> Source:
    """Read and check a model folder.

    Raises:
        ModelError: a file is missing or damaged, a variable is missing or of another shape, or the configuration is not supported.
    """
    path = folder / CONFIGURATION
    values = _json(path)
    model = _Section(path, "model", values.get("model"))
    network = _network(model)
    decoding = Decoding(model.number("beam_size", 1, 32), _penalty(model), model.number("max_decoded_trg_len", 1, _LONGEST))
    tokenizer = _tokenizer(path, values, network)
    prefix = _prefix(folder / CHECKPOINTS)
    variables = Variables(Checkpoint(prefix), variable_shapes(network))
    train = _Section(path, "train", values.get("train", {}))
    longest = train.number("train_max_len", 1, _LONGEST) if "train_max_len" in train.values else _TRAINED_LENGTH
    return Source(folder, prefix.name, network, variables, decoding, longest, tokenizer)


def import_model(folder: Path, output: Path, precision: "Precision") -> Manifest:
    """Make a bundle of a model folder and return what it says; see `nmt.build.writer.write_bundle` for how it is written.

    Raises:
        ModelError: the folder cannot be imported, or memory or packages are short.
        OutputError: the bundle cannot be written there.
    """
    try:
        from nmt.build.writer import Description, write_bundle  # noqa: PLC0415 - only the extra brings in what it needs
    except ModuleNotFoundError as error:
        raise ModelError(f"importing a model needs the package {error.name}: pip install 'translate-docs[build]'") from error
    source = read_source(folder)
    description = Description(
        name=output.absolute().name,
        max_source=source.max_source,
        penalty=source.decoding.penalty,
        record=_record(source),
        tokenizer="jieba-bpe",
        max_target=source.decoding.limit,
        beam=source.decoding.beam,
    )
    try:
        write_bundle((source.network, source.variables), source.tokenizer, output, precision, description)
    except MemoryError as error:
        raise ModelError(f"there is not enough memory to import {folder}; import it on a machine with more, and copy the bundle") from error
    return load_manifest(output)


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; give the folder of a CSANMT model, as ModelScope keeps it") from error
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}); download it again") from error
    if not isinstance(values, dict):
        raise ModelError(f"{path} is not a configuration; download it again")
    return values


def _network(model: _Section) -> NetworkConfig:
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
        relative_distance=model.number("max_relative_dis", 1, _LONGEST),
        relative_positions=chosen["position_info_type"] == "relative",
    )


def _penalty(model: _Section) -> float:
    value = float(model.get("lp_rate", int, float))
    if not 0 <= value <= 10:  # noqa: PLR2004 - also false for NaN
        raise model.refusal("lp_rate", "it must be 0 to 10")
    return value


def _tokenizer(path: Path, values: dict[str, Any], network: NetworkConfig) -> dict[str, Path]:
    """Return the files of the tokenizer under the names they get in a bundle."""
    preprocessor = _Section(path, "preprocessor", values.get("preprocessor"))
    preprocessor.require("src_lang", ("zh",))
    preprocessor.require("tgt_lang", ("en",))
    dataset = _Section(path, "dataset", values.get("dataset"))
    files = {SOURCE_FILE: dataset.file("src_vocab"), TARGET_FILE: dataset.file("trg_vocab"), CODES_FILE: preprocessor.file("src_bpe")}
    sizes = (("src_vocab_size", SOURCE_FILE, network.source_vocabulary), ("trg_vocab_size", TARGET_FILE, network.target_vocabulary))
    for key, name, size in sizes:
        lines = len(read_vocabulary(files[name]))
        if not 0 < lines <= size:
            raise ModelError(f"{files[name]} has {lines} tokens, but model.{key} in {path} is {size}; the two are not of the same model")
    check_codes(files[CODES_FILE])
    return files


def _prefix(folder: Path) -> Path:
    """Return the checkpoint to import: `ckpt-0`, or else the one of the latest training step."""
    names = [path.stem for path in folder.glob("*.index")]
    if not names:
        raise ModelError(f"{folder} holds no checkpoint (no *.index); give the folder of a CSANMT model, as ModelScope keeps it")
    return folder / (_DEFAULT_PREFIX if _DEFAULT_PREFIX in names else max(names, key=_step))


def _step(name: str) -> tuple[int, str]:
    digits = re.search(r"-(\d+)$", name)
    return int(digits[1]) if digits else -1, name


def _record(source: Source) -> dict[str, Any]:
    return {
        "licence": "that of the model that was imported: see where it comes from",
        "attribution": [f"imported from the ModelScope folder {source.folder.absolute().name}, checkpoint {source.checkpoint}"],
        "training": "by others",
        "evaluation": "none by this program",
    }
