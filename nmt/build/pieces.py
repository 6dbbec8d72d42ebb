"""Carries large files over narrow ways: compresses a file, cuts it into pieces, and puts it together again.

A checkpoint can be cut down to its averaged weights in half precision first, which is all that a bundle or a further run needs of it.
"""

import argparse
import hashlib
import io
import json
import lzma
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MEGABYTE = 2**20
# Copies of a pair lie far apart in shuffled data: the dictionary reaches over all of it. The numbers are two bytes wide.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 2, "dict_size": 128 * MEGABYTE, "lc": 0, "lp": 1, "pb": 1}]


def split(content: bytes, folder: Path, name: str, size: int, *, compress: bool = True) -> list[Path]:
    """Write `content` as pieces NAME.000, NAME.001 ... of at most `size` bytes, and NAME.json, which tells them apart."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(content, filters=_FILTERS) if compress else content
    parts = [packed[first : first + size] for first in range(0, len(packed), size)]
    paths = [folder / f"{name}.{number:03d}" for number in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part)
    listing = {"compressed": compress, "sha256": _digest(content), "pieces": {path.name: _digest(path.read_bytes()) for path in paths}}
    (folder / f"{name}.json").write_text(json.dumps(listing, indent=1) + "\n", encoding="utf-8")
    return paths


def join(listing: Path) -> bytes:
    """Return what `split` wrote; `listing` is its NAME.json, beside which the pieces lie.

    Raises:
        ValueError: a piece is missing or not what the listing says.
    """
    known: dict[str, Any] = json.loads(listing.read_text(encoding="utf-8"))
    parts = []
    for name, digest in known["pieces"].items():
        path = listing.parent / name
        if not path.is_file():
            raise ValueError(f"{path} is missing; copy it again")
        parts.append(path.read_bytes())
        if _digest(parts[-1]) != digest:
            raise ValueError(f"{path} is damaged; copy it again")
    content = lzma.decompress(b"".join(parts)) if known["compressed"] else b"".join(parts)
    if _digest(content) != known["sha256"]:
        raise ValueError(f"the pieces of {listing} do not make up what it describes; split the original again")
    return content


def halved(checkpoint: Path) -> bytes:
    """Return a checkpoint with nothing but the configuration and the averaged weights, in half precision."""
    import torch  # noqa: PLC0415 - plain files are carried without it

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    average = {name: value.half() for name, value in state["average"].items()}
    content = io.BytesIO()
    torch.save({"config": state["config"], "average": average}, content)
    return content.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Split or join as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    splitting = commands.add_parser("split", help="cut a file into pieces")
    splitting.add_argument("file", type=Path)
    splitting.add_argument("folder", type=Path, help="where the pieces go")
    splitting.add_argument("--megabytes", type=float, default=15.0, help="size of a piece")
    splitting.add_argument("--weights", action="store_true", help="the file is a checkpoint: take only its averaged weights, halved")
    joining = commands.add_parser("join", help="put a file together again")
    joining.add_argument("listing", type=Path, help="NAME.json beside the pieces")
    joining.add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "join":
            options.file.write_bytes(join(options.listing))
        else:
            content = halved(options.file) if options.weights else options.file.read_bytes()
            # Compressing weights takes a minute and saves a tenth.
            split(content, options.folder, options.file.name, int(options.megabytes * MEGABYTE), compress=not options.weights)
    except (OSError, ValueError) as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
