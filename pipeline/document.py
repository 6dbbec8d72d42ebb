"""What happens to a document, stage by stage: read, split, (translate), weave, write."""

import hashlib
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.document import Block, Document
from models.errors import CorruptDocumentError, DocumentTooLargeError, InputError, OutputError, SourceChangedError, UnreadableFileError
from models.segment import Translation, joined
from parsers.registry import parser_for
from pipeline.engines import Engine
from pipeline.segmenter import split
from pipeline.weave import weave

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_SEGMENTS = 500_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document as the translator sees it: the digest of its file and every segment in order, repeats included."""

    sha256: str
    segments: tuple[str, ...]


def prepare(source: Path) -> Prepared:
    """Read the file and return its segments.

    Raises:
        InputError: the document cannot be translated.
    """
    data = read_source(source)
    document = _parse(source, data)
    segments = tuple(piece.text for block in document.blocks for piece in split(block.text) if piece.is_segment)
    if len(segments) > MAX_SEGMENTS:
        raise DocumentTooLargeError(f"{source.name} has {len(segments):,} segments, more than {MAX_SEGMENTS:,}; split the document")
    return Prepared(hashlib.sha256(data).hexdigest(), segments)


def assemble(source: Path, sha256: str, output: Path, lang: str, translations: Mapping[str, str]) -> str:
    """Write the translated document to `output`, whole or not at all, and return the digest of what was written.

    Raises:
        SourceChangedError: the file is not the one whose digest is `sha256`.
        OutputError: `output` cannot be written.
    """
    data = read_source(source)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SourceChangedError(f"{source.name} was changed after it was submitted; submit it again")
    blocks = [weave(block, split(block.text), translations) for block in _parse(source, data).blocks]
    translated = parser_for(source).write(data, blocks, lang)
    write_output(output, translated)
    return hashlib.sha256(translated).hexdigest()


def translate_lines(lines: Sequence[str], engine: Engine) -> list[Translation]:
    """Translate lines of text, each as a paragraph of its own; as many come out as went in, in order."""
    split_lines = [split(line) for line in lines]
    sources = list(dict.fromkeys(piece.text for pieces in split_lines for piece in pieces if piece.is_segment))
    known = dict(zip(sources, engine.translate(sources), strict=True))
    targets = {source: translation.target for source, translation in known.items()}
    return [
        joined(line, weave(Block(line, ()), pieces, targets).text, [known[piece.text] for piece in pieces if piece.is_segment])
        for line, pieces in zip(lines, split_lines, strict=True)
    ]


def read_source(path: Path) -> bytes:
    """Return the bytes of a regular file; never follows a link and never waits on a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableFileError(f"{path.name} is not a regular file")
            if status.st_size > MAX_FILE_BYTES:
                raise DocumentTooLargeError(f"{path.name} has {status.st_size:,} bytes, more than {MAX_FILE_BYTES:,}; split the document")
            return file.read()
    except OSError as error:
        raise UnreadableFileError(f"{path.name} cannot be read: {error.strerror}") from error


def write_output(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader, or a crash, sees the old file or the new one and nothing between."""
    partial = path.with_name(f".{path.name[:100]}.part-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _parse(source: Path, data: bytes) -> Document:
    """Parse, and turn whatever a hostile file makes a parsing library raise into an error of this document."""
    try:
        return parser_for(source).read(data)
    except InputError:
        raise
    except (ValueError, LookupError, RecursionError, MemoryError) as error:
        raise CorruptDocumentError(f"{source.name} cannot be parsed ({type(error).__name__}: {error})") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
