"""Imports a CSANMT model as ModelScope distributes it: configuration, vocabularies, BPE codes, TensorFlow checkpoint.

The folder's layout, the configuration's keys and the variables are those of `damo/nlp_csanmt_translation_zh2en` and its kind.
"""

import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.build.checkpoint import Checkpoint
from nmt.build.configuration import CONFIGURATION, LONGEST, Decoding, Section, read_decoding, read_json, read_network
from nmt.bundle import Manifest, load_manifest
from nmt.config import NetworkConfig, variable_shapes
from nmt.jieba_tokenizer import CODES_FILE, SOURCE_FILE, TARGET_FILE, check_codes, read_vocabulary

if TYPE_CHECKING:
    from nmt.build.quantize import Precision

CHECKPOINTS = "tf_ckpts"
SCOPE = "NmtModel/"
_DEFAULT_PREFIX = "ckpt-0"
_TRAINED_LENGTH = 100  # subwords a sentence, where the configuration does not say


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


def read_source(folder: Path) -> Source:
    """Read and check a model folder.

    Raises:
        ModelError: a file is missing or damaged, a variable is missing or of another shape, or the configuration is not supported.
    """
    path = folder / CONFIGURATION
    values = read_json(path)
    model = Section(path, "model", values.get("model"))
    network = read_network(model)
    decoding = read_decoding(model)
    tokenizer = _tokenizer(path, values, network)
    prefix = _prefix(folder / CHECKPOINTS)
    variables = Variables(Checkpoint(prefix), variable_shapes(network))
    train = Section(path, "train", values.get("train", {}))
    longest = train.number("train_max_len", 1, LONGEST) if "train_max_len" in train.values else _TRAINED_LENGTH
    return Source(folder, prefix.name, network, variables, decoding, longest, tokenizer)


def require_packages() -> None:
    """Raise ModelError where the packages are missing that an import needs."""
    if importlib.util.find_spec("onnx") is None:
        raise ModelError("importing a model needs the package onnx: pip install '.[build]', in the folder of the sources")


def import_model(folder: Path, output: Path, precision: "Precision", origin: str | None = None, lexicon: Path | None = None) -> Manifest:
    """Make a bundle of a model folder and return what it says; see `nmt.build.writer.write_bundle` for how it is written.

    Args:
        folder: the model, as ModelScope keeps it.
        output: the bundle's folder.
        precision: of the weights.
        origin: where the folder is from, for the bundle's record.
        lexicon: gives the model a shortlist: see `nmt.build.lexicon`.

    Raises:
        ModelError: the folder cannot be imported, the lexicon is not this model's, or memory or packages are short.
        OutputError: the bundle cannot be written there.
    """
    require_packages()
    from nmt.build.lexicon import load_lexicon  # noqa: PLC0415 - as below
    from nmt.build.quantize import Scheme  # noqa: PLC0415 - as below
    from nmt.build.writer import Description, write_bundle  # noqa: PLC0415 - only the extra brings in what it needs

    source = read_source(folder)
    description = Description(
        name=output.absolute().name,
        max_source=source.max_source,
        penalty=source.decoding.penalty,
        record=_record(source, origin or f"the ModelScope folder {folder.absolute().name}"),
        tokenizer="jieba-bpe",
        max_target=source.decoding.limit,
        beam=source.decoding.beam,
        lexicon=load_lexicon(lexicon, source.network) if lexicon else None,
    )
    try:
        write_bundle((source.network, source.variables), source.tokenizer, output, Scheme(precision), description)
    except MemoryError as error:
        raise ModelError(f"there is not enough memory to import {folder}; import it on a machine with more, and copy the bundle") from error
    return load_manifest(output)


def _tokenizer(path: Path, values: dict[str, Any], network: NetworkConfig) -> dict[str, Path]:
    """Return the files of the tokenizer under the names they get in a bundle."""
    preprocessor = Section(path, "preprocessor", values.get("preprocessor"))
    preprocessor.require("src_lang", ("zh",))
    preprocessor.require("tgt_lang", ("en",))
    dataset = Section(path, "dataset", values.get("dataset"))
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


def _record(source: Source, origin: str) -> dict[str, Any]:
    return {
        "licence": "that of the model that was imported: see where it comes from",
        "attribution": [f"imported from {origin}, checkpoint {source.checkpoint}"],
        "training": "by others",
        "evaluation": "none by this program",
    }
