"""A model bundle: a folder with `bundle.json` and the files that it names, each with its digest."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import ModelError
from nmt.config import Alignment, NetworkConfig

MANIFEST = "bundle.json"
FORMAT = 2
DEFAULT_BEAM = 4
SEARCH = 2  # to be raised whenever the same model gives other translations: what is remembered of the old ones is then left alone
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DEFAULT = Path(__file__).parent / "bundles" / "zh-en-small"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `bundle.json` says.

    `positions` is how many positions the graphs hold. `max_source` is the greatest number of source tokens the model was trained for;
    longer segments are translated in parts. `penalty` is the length penalty of the search. `record` holds licence, attribution of the
    data, training and evaluation, for people. `tokenizer` is one that `nmt.tokenization` knows. `max_target` is the greatest number of
    target tokens, the end of sentence counted, where the model has a fixed one. `beam` is the width of the search it was made for.
    `placeholders` says that the model was trained to copy `⟦1⟧` to `⟦9⟧`. `alignment` says which attention relates target and source.
    """

    folder: Path
    name: str
    network: NetworkConfig
    precision: str
    positions: int
    max_source: int
    penalty: float
    files: dict[str, str]
    record: dict[str, Any]
    tokenizer: str = "subword"
    max_target: int | None = None
    beam: int = DEFAULT_BEAM
    placeholders: bool = False
    alignment: Alignment | None = None

    @property
    def digest(self) -> str:
        """Return one SHA-256 over everything that a translation depends on."""
        parts = {
            "network": self.network.to_json(),
            "tokenizer": self.tokenizer,
            "max_source": self.max_source,
            "max_target": self.max_target,
            "penalty": self.penalty,
            "files": self.files,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def path(self, name: str) -> Path:
        """Return where the bundle's file `name` lies."""
        return self.folder / name


def default_bundle() -> Path:
    """Return the folder of the model that ships with the application."""
    return _DEFAULT


def load_manifest(folder: Path) -> Manifest:
    """Read `bundle.json`.

    Raises:
        ModelError: it is missing, damaged or of a format this version does not know.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(
            f"{folder} holds no model bundle ({MANIFEST} is missing); give the folder of a bundle, or a name that `model list` shows"
        ) from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    return parse_manifest(text, folder, path)


def parse_manifest(text: bytes, folder: Path, origin: Path) -> Manifest:
    """Return what the manifest of the bundle in `folder` says; `origin` is the file that an error names.

    Raises:
        ModelError: it is damaged or of a format this version does not know.
    """
    try:
        values = json.loads(text)
        if values["format"] != FORMAT:
            raise ModelError(
                f"{origin} has format {values['format']}, this version reads {FORMAT}; update translate-docs or fetch another bundle"
            )
        decoding = values["decoding"]
        return Manifest(
            folder=folder,
            name=values["name"],
            network=NetworkConfig.from_json(values["network"]),
            precision=values["precision"],
            positions=int(values["positions"]),
            max_source=int(decoding["max_source"]),
            penalty=float(decoding["penalty"]),
            files=_checked_files(values["files"]),
            record=dict(values["record"]),
            tokenizer=str(values.get("tokenizer", "subword")),
            max_target=int(decoding["max_target"]) if "max_target" in decoding else None,
            beam=int(decoding.get("beam", DEFAULT_BEAM)),
            placeholders=bool(decoding.get("placeholders", False)),
            alignment=Alignment.from_json(decoding["alignment"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{origin} is damaged ({type(error).__name__}: {error}); fetch the bundle again") from error


def _checked_files(files: dict[str, str]) -> dict[str, str]:
    """Return the digests by name; a name that leads out of the bundle is an error."""
    for name in files:
        if not _FILE.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"{name!r} is no name of a file in a bundle")
    return dict(files)


def verify(folder: Path) -> Manifest:
    """Read the manifest and check the digest of every file it names.

    Raises:
        ModelError: names the file that is missing or differs.
    """
    manifest = load_manifest(folder)
    for name, expected in manifest.files.items():
        path = manifest.path(name)
        try:
            with path.open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}; fetch the bundle again") from error
        if actual != expected:
            raise ModelError(
                f"{path} is not the file that {MANIFEST} names (SHA-256 {actual[:12]} in place of {expected[:12]}); fetch the bundle again"
            )
    return manifest


def signature(folder: Path | None, beam: int) -> str:
    """Name everything that a translation by this bundle depends on, without loading the model."""
    return f"csanmt{SEARCH}-{load_manifest(folder or default_bundle()).digest[:16]}-beam{beam}"
