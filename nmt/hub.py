"""Gets a model folder from ModelScope: the list of its files, and those of them that an import reads.

Two requests are all it takes, as ModelScope's own client makes them: `GET api/v1/models/ID/repo/files` lists paths, sizes, SHA-256 and
revisions, `GET api/v1/models/ID/repo` gives one file.
"""

import fcntl
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from models.errors import ModelError, OutputError, ServiceError
from nmt.transfer import PART, Download, Transfer

MODEL = "damo/nlp_csanmt_translation_zh2en"
REVISION = "master"
_MODEL = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
# What an import reads: no pictures, no sub-folder but that of the checkpoint, no TensorFlow graph.
_WANTED = re.compile(r"(tf_ckpts/)?[A-Za-z0-9][\w.-]*(?<!\.meta)", re.ASCII)
_NEEDED = re.compile(r"configuration\.json|tf_ckpts/.*\.index")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LISTING_LIMIT = 10 * 2**20
_WITHOUT_NETWORK = (
    "without internet here, run this and `model pack` on another machine and `model install FILE` here, "
    "or bring the model's folder and `model import DIR`"
)

Show = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Repository:
    """A model on a hub: `endpoint` is its address, `revision` a branch, tag or commit."""

    endpoint: str
    model: str = MODEL
    revision: str = REVISION

    def listing(self) -> str:
        """Return the URL of the list of files."""
        return f"{self._url()}/files?{urlencode({'Revision': self.revision, 'Recursive': 'True'})}"

    def file(self, path: str, revision: str) -> str:
        """Return the URL of a file."""
        return f"{self._url()}?{urlencode({'Revision': revision, 'FilePath': path})}"

    def _url(self) -> str:
        if not _MODEL.fullmatch(self.model):
            raise ModelError(f"{self.model!r} is no name of a model on ModelScope; it must be like {MODEL}")
        return f"{self.endpoint.rstrip('/')}/api/v1/models/{quote(self.model)}/repo"


def fetch(repository: Repository, folder: Path, extra: float, show: Show, transfer: Transfer | None = None) -> None:
    """Get what an import of the model reads into `folder`, going on with what is there already.

    Args:
        repository: where it is.
        folder: is made where it does not exist.
        extra: disk space that must be free beside the download, as a part of its size.
        show: is told how many bytes of how many are there.
        transfer: makes the requests.

    Raises:
        ModelError: there is no such model, it is of another kind, or files came damaged.
        OutputError: the disk is full, or the folder cannot be written.
        ServiceError: the hub is out of reach.
    """
    transfer = transfer or Transfer()
    try:
        listing = transfer.read(repository.listing(), _LISTING_LIMIT)
    except ServiceError as error:
        raise ServiceError(f"{error}; {_WITHOUT_NETWORK}") from error
    downloads = [
        Download(repository.file(entry["Path"], entry["Revision"]), folder / entry["Path"], entry["Size"], entry["Sha256"])
        for entry in _wanted(repository, listing)
    ]
    with _only_one(folder):
        _check_space(folder, downloads, extra)
        total = sum(item.size for item in downloads)
        before = 0
        for item in sorted(downloads, key=lambda item: item.size):
            transfer.save(item, lambda have, before=before: show(before + have, total))  # type: ignore[misc]
            before += item.size


def _wanted(repository: Repository, answer: bytes) -> list[dict[str, Any]]:
    """Return the entries of the files that an import reads."""
    try:
        files = json.loads(answer)["Data"]["Files"]
        entries = [entry for entry in files if entry["Type"] != "tree" and _WANTED.fullmatch(entry["Path"])]
        whole = all(_SHA256.fullmatch(entry["Sha256"]) and type(entry["Size"]) is int and entry["Revision"] for entry in entries)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{repository.listing()} gives no list of files ({type(error).__name__}); is it the address of a ModelScope?"
        ) from error
    if not whole:
        raise ModelError(f"{repository.listing()} names files without size, digest or revision, so that they cannot be checked")
    kinds = {match[0].rpartition(".")[2] for entry in entries if (match := _NEEDED.fullmatch(entry["Path"]))}
    if kinds != {"json", "index"}:
        raise ModelError(f"{repository.model} is no CSANMT model: it has no configuration.json or no checkpoint in tf_ckpts")
    return entries


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Keep other processes from downloading into the same folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ServiceError(f"another process is downloading into {folder}; wait until it is done") from error
            yield
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error


def _check_space(folder: Path, downloads: list[Download], extra: float) -> None:
    total = sum(item.size for item in downloads)
    there = sum(path.stat().st_size for path in _paths(downloads) if path.exists())
    wanted, free = int(total * (1 + extra)) - there, shutil.disk_usage(folder).free
    if wanted > free:
        raise OutputError(
            f"{folder} is on a disk with {free / 1e9:.1f} GB free, and download and import take {wanted / 1e9:.1f} GB; "
            "free some, or choose a folder on another disk with TRANSLATE_DOCS_MODEL_FOLDER"
        )


def _paths(downloads: list[Download]) -> Iterator[Path]:
    for item in downloads:
        yield item.path
        yield item.path.with_name(item.path.name + PART)
