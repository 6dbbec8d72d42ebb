"""Model bundles as single files, to be carried to machines without a network.

A pack is an uncompressed tar, the manifest first and then the files that it names, in order; times, owners and modes are constants, so that
the same bundle gives the same bytes. Without compression nothing that is unpacked is larger than the pack.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from models.errors import ModelError, OutputError
from nmt.bundle import MANIFEST, Manifest, load_manifest, parse_manifest, verify
from nmt.library import new_bundle, place_for

_MANIFEST_LIMIT = 4 * 2**20
_CHUNK = 2**20
_REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE)


def pack(folder: Path, output: Path, *, replace: bool) -> str:
    """Write a bundle to one file, which appears complete or not at all, and return the file's SHA-256.

    Raises:
        ModelError: the bundle is not whole.
        OutputError: the file is there already, or cannot be written.
    """
    manifest = verify(folder)
    if os.path.lexists(output) and not replace:
        raise OutputError(f"{output} exists; --force replaces it")
    try:
        output.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.absolute().parent, prefix=".pack-") as aside:
            partial = Path(aside) / "pack"
            with partial.open("wb") as file:
                _write(manifest, file)
                os.fsync(file.fileno())
            with partial.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            partial.replace(output)
    except OSError as error:
        raise OutputError(f"{output} cannot be written: {error.strerror}") from error
    return digest


def install(path: Path, library: Path, name: str | None, *, replace: bool) -> Manifest:
    """Install the bundle of a pack in the folder of models, under its own name if none is given; it is there whole or not at all.

    Raises:
        ModelError: it is no pack, a damaged one, or one that was made to do harm; or a model cannot have this name.
        OutputError: a model of this name is there already, or it cannot be written.
    """
    with _opened(path) as entries:
        manifest, _ = _manifest(entries, path, library)
    place = place_for(name or manifest.name, library, replace=replace)
    with new_bundle(place) as folder:
        unpack(path, folder)
    return load_manifest(place)


def unpack(path: Path, folder: Path) -> None:
    """Write the files of a pack into an empty folder, none that its manifest does not name, and check their digests.

    Raises:
        ModelError: it is no pack, or a damaged one, or one that was made to do harm.
        OSError: the folder cannot be written.
    """
    with _opened(path) as entries:
        manifest, text = _manifest(entries, path, folder)
        (folder / MANIFEST).write_bytes(text)
        missing = set(manifest.files)
        for name, content in entries:
            if name not in missing:
                raise ModelError(f"{path} is damaged or unsafe: it holds {name!r}, which its manifest does not name, or holds it twice")
            missing.remove(name)
            if _copy(content, manifest.path(name)) != manifest.files[name]:
                raise ModelError(f"{path} is damaged: {name} in it is not the file that its manifest names; fetch it again")
        if missing:
            raise ModelError(f"{path} is cut short: {min(missing)} is missing; fetch it again")


def _write(manifest: Manifest, file: IO[bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in [MANIFEST, *sorted(manifest.files)]:
            entry = tarfile.TarInfo(name)
            entry.size = manifest.path(name).stat().st_size
            with manifest.path(name).open("rb") as content:
                archive.addfile(entry, content)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Yield name and content of the entries of a pack, in turn; what is wrong with them is ModelError."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    try:
        with file, tarfile.open(fileobj=file, mode="r:") as archive:
            yield _entries(archive, path)
    except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is damaged or no pack of a model ({error}); fetch it again") from error


def _entries(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    for entry in archive:
        content = archive.extractfile(entry) if entry.type in _REGULAR and not entry.issparse() else None
        if content is None:
            raise ModelError(f"{path} is unsafe: {entry.name!r} in it is no plain file")
        yield entry.name, content


def _manifest(entries: Iterator[tuple[str, IO[bytes]]], path: Path, folder: Path) -> tuple[Manifest, bytes]:
    """Return the manifest, which is the first entry, and its text."""
    name, content = next(entries, ("", io.BytesIO()))
    if name != MANIFEST:
        raise ModelError(f"{path} is no pack of a model: it begins with {name!r} and not with {MANIFEST}")
    text = content.read(_MANIFEST_LIMIT)
    return parse_manifest(text, folder, path), text


def _copy(content: IO[bytes], output: Path) -> str:
    """Write a file to the disk for good, and return its SHA-256."""
    digest = hashlib.sha256()
    with output.open("xb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()
