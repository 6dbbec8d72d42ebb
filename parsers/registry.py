"""Which parser reads which file: by suffix, imported only when first needed."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from models.errors import UnsupportedFormatError
from parsers.base import Parser


def _lazy(module: str, name: str) -> Callable[[], Parser]:
    """Return a factory that imports the parser's module, and the libraries behind it, only when it is called."""

    def make() -> Parser:
        parser: Parser = getattr(import_module(module), name)()
        return parser

    return make


_WORD = _lazy("parsers.word", "WordParser")
_HTML = _lazy("parsers.html", "HtmlParser")
_TEXT = _lazy("parsers.text", "TextParser")
_MARKDOWN = _lazy("parsers.markdown", "MarkdownParser")
_XLIFF = _lazy("parsers.xliff", "XliffParser")
_SUBTITLES = _lazy("parsers.subtitles", "SubtitleParser")

PARSERS: Final[dict[str, Callable[[], Parser]]] = {
    **dict.fromkeys([".docx", ".docm", ".dotx", ".dotm"], _WORD),
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".txt": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".srt": _SUBTITLES,
    ".vtt": _SUBTITLES,
    ".xlf": _XLIFF,
    ".xliff": _XLIFF,
}


def parser_for(path: Path) -> Parser:
    """Return the parser for the suffix of `path`, or raise UnsupportedFormatError."""
    suffix = path.suffix.lower()
    if suffix not in PARSERS:
        what = f"{suffix} files" if suffix else "files without a suffix"
        raise UnsupportedFormatError(f"no parser for {what}; supported are {' '.join(PARSERS)}")
    return PARSERS[suffix]()
