"""Finds the documents among the given files and folders, and says where each translation goes."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from models.errors import EmptyFileError, InputError, OutputError, UnreadableFileError, UnsupportedFormatError
from pipeline.outputs import OutputClaims, OutputRule


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What counts as an input, and where the outputs go; `suffixes` are in lower case, with their dot."""

    suffixes: frozenset[str]
    outputs: OutputRule = field(default_factory=OutputRule)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    follow_symlinks: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A document to translate."""

    source: Path
    output: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that cannot be translated, and why."""

    source: Path
    error: InputError


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that is no input; `reason` is a stable word."""

    source: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found; the same tree and options always give the same lists."""

    documents: tuple[Planned, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """Something on disk, its place under the path the user gave, and whether the user named it outright."""

    path: Path
    relative: Path
    explicit: bool = False


def scan(paths: Sequence[Path], options: ScanOptions) -> Scan:
    """Return the documents under `paths`, names sorted; what cannot be one is reported, never raised.

    Hidden entries, lock files, symbolic links, unknown suffixes, excluded names, earlier outputs and repeated inputs are skipped. What the
    user named outright fails instead where its suffix is unknown or it is a link.
    """
    finder = _Finder(options)
    for path in paths:
        finder.add(_anchor(path))
    return finder.result()


def matches(relative: Path, patterns: Sequence[str]) -> bool:
    """Say whether a glob matches the path; `*` crosses folders and a leading `**/` may match nothing."""
    name = relative.as_posix()
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, pattern.removeprefix("**/")) for pattern in patterns)


class _Finder:
    """Walks, classifies and collects."""

    def __init__(self, options: ScanOptions) -> None:
        self._options = options
        self._output_folder = options.outputs.folder and options.outputs.folder.resolve()
        self._candidates: dict[Path, _Entry] = {}
        self._written: set[Path] = set()
        self._visited: set[Path] = set()
        self._failures: list[Failure] = []
        self._skipped: list[Skipped] = []

    def add(self, path: Path) -> None:
        """Take in one path that the user gave, links last so that a folder is reached by its own name first."""
        pending = [_Entry(path, Path(path.name), explicit=True)]
        links: list[_Entry] = []
        while pending or links:
            entry = pending.pop() if pending else self._resolve(links.pop(0))
            if entry is not None:
                pending.extend(reversed(self._take(entry, links)))

    def result(self) -> Scan:
        """Return the documents that are left once earlier outputs and clashes are sorted out."""
        claims = OutputClaims()
        documents = [planned for entry in self._candidates.values() if (planned := self._plan(entry, claims)) is not None]
        return Scan(tuple(documents), tuple(self._failures), tuple(self._skipped))

    def _take(self, entry: _Entry, links: list[_Entry]) -> list[_Entry]:
        """Classify one entry; return its children where it is a folder."""
        if reason := self._unwanted_name(entry):
            return self._skip(entry, reason)
        try:
            status = entry.path.lstat()
            if stat.S_ISDIR(status.st_mode):
                return self._take_folder(entry)
        except OSError as error:
            return self._fail(entry, UnreadableFileError(_reason(error)))
        if stat.S_ISLNK(status.st_mode):
            return self._take_link(entry, links)
        return self._take_file(entry, status)

    def _unwanted_name(self, entry: _Entry) -> str:
        name = entry.relative.name
        if name.startswith("~$"):
            return "lock-file"
        if entry.explicit:
            return ""
        if name.startswith("."):
            return "hidden"
        return "output-folder" if entry.path == self._output_folder else ""

    def _take_folder(self, entry: _Entry) -> list[_Entry]:
        if not entry.explicit and matches(entry.relative, self._options.exclude):
            return self._skip(entry, "excluded")
        if entry.path in self._visited:
            return []
        self._visited.add(entry.path)
        base = Path() if entry.explicit else entry.relative
        with os.scandir(entry.path) as found:
            names = sorted(child.name for child in found)
        return [_Entry(entry.path / name, base / name) for name in names]

    def _take_link(self, entry: _Entry, links: list[_Entry]) -> list[_Entry]:
        if self._options.follow_symlinks:
            links.append(entry)
        elif entry.explicit:
            return self._fail(entry, UnreadableFileError("is a symbolic link; name its target or pass --follow-symlinks"))
        else:
            return self._skip(entry, "symlink")
        return []

    def _resolve(self, link: _Entry) -> _Entry | None:
        try:
            return _Entry(Path(os.path.realpath(link.path, strict=True)), link.relative, link.explicit)
        except OSError as error:
            self._fail(link, UnreadableFileError(_reason(error)))
            return None

    def _take_file(self, entry: _Entry, status: os.stat_result) -> list[_Entry]:
        known = entry.path.suffix.lower() in self._options.suffixes
        if not known and not entry.explicit:
            return self._skip(entry, "unsupported")
        outputs = self._options.outputs
        self._written |= {outputs.beside(entry.path), outputs.target(entry.path, entry.relative)} - {entry.path}
        if self._excluded(entry.relative):
            return self._skip(entry, "excluded")
        if error := _unreadable(entry.path, status):
            return self._fail(entry, error)
        if not known:
            return self._fail(entry, UnsupportedFormatError(f"no parser for {entry.path.suffix or 'a file without a suffix'}"))
        if entry.path in self._candidates:
            return self._skip(entry, "duplicate")
        self._candidates[entry.path] = entry
        return []

    def _excluded(self, relative: Path) -> bool:
        include = self._options.include
        return bool(include and not matches(relative, include)) or matches(relative, self._options.exclude)

    def _plan(self, entry: _Entry, claims: OutputClaims) -> Planned | None:
        """Return the document with its output, or None where it is an earlier output or may not be written."""
        if entry.path in self._written:
            self._skip(entry, "own-output")
            return None
        output = self._options.outputs.target(entry.path, entry.relative)
        if not _is_text(output):
            self._fail(entry, OutputError("the name of its output is not valid UTF-8; choose another --output or --template"))
            return None
        try:
            claims.claim(entry.path, output, self._options.outputs.root(entry.path))
        except OutputError as error:
            self._fail(entry, error)
            return None
        return Planned(entry.path, output)

    def _skip(self, entry: _Entry, reason: str) -> list[_Entry]:
        self._skipped.append(Skipped(entry.path, reason))
        return []

    def _fail(self, entry: _Entry, error: InputError) -> list[_Entry]:
        self._failures.append(Failure(entry.path, error))
        return []


def _anchor(path: Path) -> Path:
    """Return `path` as absolute, its folder resolved but itself not, so that a link stays visible."""
    return path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name


def _unreadable(path: Path, status: os.stat_result) -> InputError | None:
    """Return what keeps a file from being read, as far as its directory entry tells."""
    if not stat.S_ISREG(status.st_mode):
        return UnreadableFileError("is not a regular file")
    if not _is_text(path):
        return UnreadableFileError("its name is not valid UTF-8; rename it")
    if status.st_size == 0:
        return EmptyFileError("the file has no bytes")
    return None if os.access(path, os.R_OK) else UnreadableFileError("Permission denied")


def _is_text(path: Path) -> bool:
    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:
        return False
    return True


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
