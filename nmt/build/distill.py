"""Sequence-level distillation (Kim and Rush, 2016): a teacher translates Chinese text, and what passes the filters trains a student.

The pairs go to a `NAME.tsv.xz`, as `nmt.build.prepare` reads them. A run that was cut off goes on where it stood: each block of
sentences is a stream of its own in the file, and NAME.progress.json says how much of the source and of the file is done.
"""

import argparse
import hashlib
import json
import logging
import lzma
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from models.errors import ModelError, UnreadableFileError
from models.segment import Translation
from nmt.guards import repeats
from nmt.translator import open_translator

LOG = logging.getLogger("distill")
BLOCK = 2000  # sentences between two records of progress
MAX_CHARACTERS = 200  # of a source sentence
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+|[^\w\s]")
_NUMBER = re.compile(r"\d+")
# English words for one Chinese character; sentences of real corpora lie between.
_SHORTEST, _LONGEST = 0.2, 2.0
_SLACK = 4  # words by which short sentences may differ


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: of which teacher and source, lines read, bytes written, pairs kept."""

    run: str
    lines: int = 0
    bytes: int = 0
    pairs: int = 0


def flaw(translation: Translation) -> str | None:
    """Return why a pair is not to be learnt from, if so: a warning of the engine, `language`, `length`, `repetition` or `numbers`."""
    if translation.warnings:
        return translation.warnings[0]
    source, target = translation.source, translation.target
    if _HAN.search(target) or not _LATIN.search(target):
        return "language"
    words = _WORD.findall(target)
    characters = len(_HAN.findall(source)) + len(_WORD.findall(_HAN.sub(" ", source)))
    if not _SHORTEST * characters - _SLACK <= len(words) <= _LONGEST * characters + _SLACK:
        return "length"
    if repeats([hash(word.lower()) for word in words]):
        return "repetition"
    return "numbers" if set(_NUMBER.findall(source)) - set(_NUMBER.findall(target)) else None


def read_sources(paths: Iterable[Path]) -> Iterator[str]:
    """Yield the sentences of text files (`.txt`, `.txt.xz`: one a line; `.tsv`, `.tsv.xz`: the first column) that hold Chinese, each once.

    Raises:
        UnreadableFileError: a file cannot be read.
    """
    seen: set[bytes] = set()
    for path in paths:
        for line in _lines(path):
            text = line.partition("\t")[0].strip()
            digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
            if len(text) <= MAX_CHARACTERS and _HAN.search(text) and digest not in seen:
                seen.add(digest)
                yield text


def _lines(path: Path) -> Iterator[str]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            yield from lines
    except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise UnreadableFileError(f"{path} cannot be read: {error}") from error


class Distillation:
    """A file of pairs that grows block by block, each block whole or not at all."""

    def __init__(self, output: Path, run: str) -> None:
        """Open the file at `output`, or the one that an earlier part of the run left there.

        Raises:
            ModelError: what is there is of another teacher or other sources.
        """
        self._output = output
        self._record = output.with_name(f"{output.name.removesuffix('.tsv.xz')}.progress.json")
        self.progress = Progress(**json.loads(self._record.read_text(encoding="utf-8"))) if self._record.exists() else Progress(run)
        if self.progress.run != run:
            raise ModelError(f"{output} was begun with another teacher or other sources; finish it with those, or name another --output")

    def add(self, translations: Sequence[Translation]) -> Counter[str]:
        """Append the pairs that pass the filters, and return how many failed which."""
        flaws = [flaw(translation) for translation in translations]
        kept = [item for item, reason in zip(translations, flaws, strict=True) if reason is None]
        text = "".join(f"{item.source}\t{' '.join(item.target.split())}\n" for item in kept)
        with self._output.open("r+b" if self._output.exists() else "xb") as file:
            file.truncate(self.progress.bytes)
            file.seek(self.progress.bytes)
            file.write(lzma.compress(text.encode(), preset=6))
            file.flush()
            os.fsync(file.fileno())
            end = file.tell()
        self._keep(Progress(self.progress.run, self.progress.lines + len(translations), end, self.progress.pairs + len(kept)))
        return Counter(reason for reason in flaws if reason)

    def _keep(self, progress: Progress) -> None:
        partial = self._record.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(progress)) + "\n", encoding="utf-8")
        partial.replace(self._record)
        self.progress = progress


def distil(teacher: Path | None, sources: Sequence[Path], output: Path, beam: int, limit: int | None, threads: int) -> Progress:
    """Translate up to `limit` sentences of `sources` and write the pairs to `output`; log a JSON line a block."""
    translator = open_translator(teacher, beam, threads)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sources]
    output.parent.mkdir(parents=True, exist_ok=True)
    distillation = Distillation(output, hashlib.sha256(json.dumps([translator.signature, *digests]).encode()).hexdigest()[:16])
    sentences = islice(read_sources(sources), distillation.progress.lines, limit)
    while block := list(islice(sentences, BLOCK)):
        dropped = distillation.add(translator.translate(block))
        LOG.info(json.dumps({"lines": distillation.progress.lines, "pairs": distillation.progress.pairs, "dropped": dropped}))
    return distillation.progress


def main(arguments: Sequence[str] | None = None) -> None:
    """Distil as the command line says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path, help="Chinese sentences: .txt, .txt.xz, .tsv or .tsv.xz")
    parser.add_argument("--teacher", type=Path, help="folder of the teacher's bundle; default: the model that ships")
    parser.add_argument("--output", type=Path, required=True, help="NAME.tsv.xz in a folder of corpora")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--limit", type=int, help="sentences at most")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    distil(options.teacher, options.sources, options.output, options.beam, options.limit, options.threads)


if __name__ == "__main__":
    main()
