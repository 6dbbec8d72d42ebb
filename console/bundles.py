"""How the command line lists models: as text, and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from console.format import file_size, one_line, table
from models.errors import ModelError
from models.paths import plain
from nmt.bundle import load_manifest
from nmt.library import size
from pipeline.engines import EngineOptions, engine_signature

_COLUMNS = ("model", "precision", "size", "signature", "folder")


def bundle_rows(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """Return name, precision, bytes, signature and folder of each bundle, and what is wrong with one that cannot be used."""
    return [_row(folder) for folder in folders]


def bundle_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a table; what is wrong with a bundle takes the place of its signature."""
    return table(_COLUMNS, [(row["model"], row["precision"] or "-", _size(row), _signature(row), row["folder"]) for row in rows])


def _row(folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "model": folder.name,
        "precision": None,
        "bytes": None,
        "signature": None,
        "folder": plain(folder),
        "error": None,
    }
    try:
        manifest = load_manifest(folder)
    except ModelError as error:
        return row | {"error": str(error)}
    signature = engine_signature(EngineOptions(bundle=str(folder), beam=manifest.beam))
    return row | {"precision": manifest.precision, "bytes": size(manifest), "signature": signature}


def _size(row: Mapping[str, Any]) -> str:
    return "-" if row["bytes"] is None else file_size(row["bytes"])


def _signature(row: Mapping[str, Any]) -> str:
    return row["signature"] or one_line(row["error"])
