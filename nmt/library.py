"""The models of this installation: the one that ships, and those in the folder of installed models, by name."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import ModelError, OutputError
from nmt.bundle import MANIFEST, Manifest, default_bundle, verify

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def find_bundle(model: str | None, library: Path) -> Path:
    """Return the folder of a bundle: the one that ships for None, an installed one for its name, anything else is a folder.

    A name goes before a folder of the same name; `./NAME` is the folder.
    """
    if model is None or model == default_bundle().name:
        return default_bundle()
    installed = library / model
    return installed if _NAME.fullmatch(model) and (installed / MANIFEST).is_file() else Path(model)


def bundles(library: Path) -> list[Path]:
    """Return the folders of the model that ships and of the installed ones, by name."""
    installed = sorted(path.parent for path in library.glob(f"*/{MANIFEST}") if _NAME.fullmatch(path.parent.name))
    return [default_bundle(), *installed]


def place_for(name: str, library: Path, *, replace: bool) -> Path:
    """Return the folder of a model to be installed.

    Raises:
        ModelError: it cannot have this name.
        OutputError: there is a model of this name, and it is not to be replaced.
    """
    if not _NAME.fullmatch(name) or name == default_bundle().name:
        raise ModelError(
            f"a model cannot have the name {name!r}; take another, of at most 64 letters, digits, '.', '_' and '-' (install: --name)"
        )
    folder = library / name
    if os.path.lexists(folder) and not replace:
        raise OutputError(f"there is a model {name} in {library}; --force replaces it, another name keeps both")
    if os.path.lexists(folder) and not (folder / MANIFEST).is_file():
        raise OutputError(f"{folder} exists and is no model; move it away, or take another name")
    return folder


@contextmanager
def new_bundle(place: Path) -> Iterator[Path]:
    """Yield an empty folder beside `place`; what was put there takes that place in one step, once it proves to be a whole bundle.

    Raises:
        ModelError: it is no whole bundle; nothing has changed then.
        OutputError: it cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".new-") as folder:
            aside = Path(folder) / "new"
            aside.mkdir()
            yield aside
            verify(aside)
            if place.exists():
                place.rename(Path(folder) / "old")
            aside.rename(place)
    except OSError as error:
        raise OutputError(f"{place} cannot be written: {error.strerror}") from error


def remove(name: str, library: Path) -> None:
    """Remove an installed model.

    Raises:
        ModelError: there is none of this name.
        OutputError: it cannot be removed.
    """
    folder = library / name
    if not _NAME.fullmatch(name) or not (folder / MANIFEST).is_file():
        raise ModelError(f"no model {name!r} is installed in {library}; `translate-docs model list` shows those that are")
    try:
        with tempfile.TemporaryDirectory(dir=library, prefix=".old-") as aside:
            folder.rename(Path(aside) / name)
    except OSError as error:
        raise OutputError(f"{folder} cannot be removed: {error.strerror}") from error


def size(manifest: Manifest) -> int:
    """Return how many bytes a bundle takes, as far as its files are there."""
    return sum(path.stat().st_size for path in map(manifest.path, [MANIFEST, *manifest.files]) if path.is_file())
