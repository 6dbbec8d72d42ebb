"""Where a translation goes, and whether it may be written there."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from models.errors import OutputError

DEFAULT_TEMPLATE = "{stem}.{lang}{ext}"
_FIELDS = frozenset({"stem", "lang", "ext"})


@dataclass(frozen=True, slots=True)
class OutputRule:
    """Maps an input to its output: `folder` mirrors the scanned tree, None puts the translation beside its source."""

    folder: Path | None = None
    template: str = DEFAULT_TEMPLATE
    lang: str = "en"

    def beside(self, source: Path) -> Path:
        """Return the output of `source` in its own folder."""
        name = self.template.format(stem=source.stem, lang=self.lang, ext=source.suffix)
        return Path(os.path.normpath(source.parent / name))

    def target(self, source: Path, relative: Path) -> Path:
        """Return the output of `source`, which stands at `relative` under the scanned folder."""
        return self.beside(source) if self.folder is None else self.beside(self.folder / relative)

    def root(self, source: Path) -> Path:
        """Return the folder that the output of `source` must not leave."""
        return source.parent if self.folder is None else self.folder


def check_template(template: str) -> str:
    """Return `template`, or raise ValueError with what is wrong with it."""
    try:
        fields = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"malformed template: {error}") from error
    if unknown := fields - _FIELDS:
        raise ValueError(f"unknown field {{{min(unknown)}}}; the fields are {{stem}}, {{lang}} and {{ext}}")
    if "stem" not in fields or not template.endswith("{ext}"):
        raise ValueError("a template needs {stem} and must end in {ext}")
    return template


class OutputClaims:
    """The outputs given away so far: no two inputs get the same one."""

    def __init__(self) -> None:
        self._owners: dict[Path, Path] = {}

    def claim(self, source: Path, output: Path, root: Path) -> None:
        """Give `output` to `source`, or raise OutputError: it must be free, writable, under `root`, and no source."""
        if output == source:
            raise OutputError("would overwrite its source; choose another --output or --template")
        if output in self._owners:
            raise OutputError(f"{output} is already the output of {self._owners[output]}")
        try:
            _check_existing(output)
            _check_inside(output, root)
            _check_writable(output)
        except OSError as error:
            raise OutputError(f"cannot write {output.name}: {error.strerror}") from error
        self._owners[output] = source


def _check_existing(output: Path) -> None:
    try:
        mode = output.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise OutputError(f"{output} exists and is not a regular file")


def _check_inside(output: Path, root: Path) -> None:
    if not output.parent.resolve().is_relative_to(root.resolve()):
        raise OutputError(f"{output} lies outside the output folder {root}")


def _check_writable(output: Path) -> None:
    folder = output.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise OutputError(f"{folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"the folder {folder} is read-only")
