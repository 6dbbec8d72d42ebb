"""What happens to a document, stage by stage: read, split, (translate), weave, write."""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import CorruptDocumentError, DocumentTooLargeError, InputError, OutputError, SourceChangedError, UnreadableFileError
from models.segment import Link, Projection, Translation, joined
from parsers.base import MayBeIncomplete
from parsers.registry import parser_for
from pipeline.engines import Engine
from pipeline.segmenter import split
from pipeline.weave import needs_alignment, weave

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_SEGMENTS = 500_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document as the translator sees it: the digest of its file and every segment in order, repeats included.

    `to_align` are the segments whose formatting can only be placed where the engine says how source and target relate. `notes` are codes of
    what the translated document cannot keep.
    """

    sha256: str
    segments: tuple[str, ...]
    to_align: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assembly:
    """What makes a translated document: the file whose digest is `sha256`, where it goes, and targets and links by their sources."""

    source: Path
    sha256: str
    output: Path
    lang: str
    targets: Mapping[str, str]
    links: Mapping[str, Sequence[Link]] = field(default_factory=dict)
    reading: ReadOptions = DEFAULT_OPTIONS


@dataclass(frozen=True, slots=True)
class Assembled:
    """The digest of what was written, and for each segment with formatting to place how sure its places are."""

    sha256: str
    placed: Mapping[str, Projection]


def prepare(source: Path, reading: ReadOptions = DEFAULT_OPTIONS) -> Prepared:
    """Read the file and return its segments.

    Raises:
        InputError: the document cannot be translated.
    """
    data = read_source(source)
    document = _parse(source, data, reading)
    segments: list[str] = []
    to_align: set[str] = set()
    for block in document.blocks:
        pieces = split(block.text)
        segments.extend(piece.text for piece in pieces if piece.is_segment)
        to_align |= needs_alignment(block, pieces)
    if len(segments) > MAX_SEGMENTS:
        raise DocumentTooLargeError(f"{source.name} has {len(segments):,} segments, more than {MAX_SEGMENTS:,}; split the document")
    return Prepared(hashlib.sha256(data).hexdigest(), tuple(segments), frozenset(to_align), document.warnings)


def assemble(work: Assembly) -> Assembled:
    """Write the translated document, whole or not at all.

    Raises:
        SourceChangedError: the file is not the one that was read.
        OutputError: the output cannot be written.
    """
    data = read_source(work.source)
    if hashlib.sha256(data).hexdigest() != work.sha256:
        raise SourceChangedError(f"{work.source.name} was changed after it was submitted; submit it again")
    blocks = _parse(work.source, data, work.reading).blocks
    woven = [weave(block, split(block.text), work.targets, work.links) for block in blocks]
    translations = [item.block for item in woven]
    parser = parser_for(work.source)
    translated = parser.write(data, translations, work.lang, work.reading)
    incomplete = parser.incomplete(data, translations, work.reading) if isinstance(parser, MayBeIncomplete) else ()
    write_output(work.output, translated)
    unmarked = (dict.fromkeys(_segments(blocks[number]), Projection(0.0, is_unsure=True)) for number in incomplete)
    return Assembled(hashlib.sha256(translated).hexdigest(), _worst([*(item.placed for item in woven), *unmarked]))


def translate_lines(lines: Sequence[str], engine: Engine) -> list[Translation]:
    """Translate lines of text, each as a paragraph of its own; as many come out as went in, in order."""
    split_lines = [split(line) for line in lines]
    sources = list(dict.fromkeys(piece.text for pieces in split_lines for piece in pieces if piece.is_segment))
    known = dict(zip(sources, engine.translate(sources), strict=True))
    targets = {source: translation.target for source, translation in known.items()}
    return [
        joined(line, weave(Block(line, ()), pieces, targets, {}).block.text, [known[piece.text] for piece in pieces if piece.is_segment])
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
    partial = path.with_name(f"{partial_prefix(path)}{secrets.token_hex(4)}")
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


def sweep(output: Path) -> None:
    """Delete the half-written files that killed processes left beside an output."""
    for partial in output.parent.glob(f"{partial_prefix(output)}*"):
        partial.unlink(missing_ok=True)


def partial_prefix(output: Path) -> str:
    """Return how the names of half-written files for `output` begin: short, whatever its length, and like those of no other output."""
    return f".{hashlib.sha256(os.fsencode(output.name)).hexdigest()[:16]}.part-"


def _segments(block: Block) -> list[str]:
    """Return the segments of a block."""
    return [piece.text for piece in split(block.text) if piece.is_segment]


def _worst(blocks: Iterable[Mapping[str, Projection]]) -> dict[str, Projection]:
    """Return for each segment the least sure of the places where it stands."""
    worst: dict[str, Projection] = {}
    for segment, projection in chain.from_iterable(placed.items() for placed in blocks):
        worst[segment] = min(projection, worst.get(segment, projection), key=lambda one: (not one.is_unsure, one.confidence))
    return worst


def _parse(source: Path, data: bytes, reading: ReadOptions) -> Document:
    """Parse, and turn whatever a hostile file makes a parsing library raise into an error of this document."""
    try:
        return parser_for(source).read(data, reading)
    except InputError:
        raise
    except (ValueError, LookupError, RecursionError) as error:
        raise CorruptDocumentError(f"{source.name} cannot be parsed ({type(error).__name__}: {error})") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
