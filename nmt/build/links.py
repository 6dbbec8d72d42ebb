"""Word alignments of a training set: for the attention head that tells them, and for placeholders that stand for terms.

A statistical aligner does the work outside, on text: `eflomal-align` aligns in both directions, and the two are made one here.
"""

import argparse
import json
import logging
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nmt.build.corpus import Link, ParallelSet, TokenSet, gathered, load_packed, pack_links, save_packed
from nmt.build.terms import with_terms
from nmt.build.vocabulary import load_tokenizers

LOG = logging.getLogger("links")
ALIGNER = "eflomal-align"
_EFFORT = ("--length", "0.5", "--n-samplers", "1")  # a sixth of its defaults, which is plenty for a set of this size

TERM_SHARE = 0.12
_NEIGHBOURS = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def symmetrised(forward: set[Link], backward: set[Link]) -> list[Link]:
    """Return the links of both directions as one set, by grow-diag-final-and (Koehn et al., 2005)."""
    links, union = forward & backward, forward | backward
    sources, targets = {source for source, _ in links}, {target for _, target in links}

    def add(link: Link) -> None:
        links.add(link)
        sources.add(link[0])
        targets.add(link[1])

    waiting = sorted(links)
    while waiting:
        source, target = waiting.pop()
        for down, across in _NEIGHBOURS:
            near = (source + down, target + across)
            if near in union and near not in links and (near[0] not in sources or near[1] not in targets):
                add(near)
                waiting.append(near)
    for link in sorted(union - links):
        if link[0] not in sources and link[1] not in targets:
            add(link)
    return sorted(links)


def align(data: ParallelSet, tokenizers: tuple[Tokenizer, Tokenizer]) -> TokenSet:
    """Return the links of every pair; equal pairs are aligned once.

    Raises:
        FileNotFoundError: the aligner is not installed.
        subprocess.CalledProcessError: it failed.
    """
    places: dict[tuple[bytes, bytes], int] = {}
    pairs = ((data.source[row].tobytes(), data.target[row].tobytes()) for row in range(len(data)))
    place = np.array([places.setdefault(pair, len(places)) for pair in pairs])
    first = np.unique(place, return_index=True)[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side, sentences, tokenizer in zip(("source", "target"), (data.source, data.target), tokenizers, strict=True):
            _write_tokens(folder / side, (sentences[row] for row in first.tolist()), tokenizer)
        links = _align_files(folder)
    return gathered([links[row] for row in place.tolist()])


def _align_files(folder: Path) -> list[NDArray[np.uint16]]:
    """Run the aligner on the files `source` and `target` and return the links of each line."""
    paths = {flag: folder / name for flag, name in (("-s", "source"), ("-t", "target"), ("-f", "forward"), ("-r", "backward"))}
    subprocess.run([ALIGNER, *_EFFORT, *(str(item) for pair in paths.items() for item in pair)], check=True)  # noqa: S603 - the user's own tool
    with paths["-f"].open() as forward, paths["-r"].open() as backward:
        return [pack_links(symmetrised(_read_links(one), _read_links(other))) for one, other in zip(forward, backward, strict=True)]


def _write_tokens(path: Path, rows: Iterable[NDArray[np.uint16]], tokenizer: Tokenizer) -> None:
    tokens = {number: token.lower() for token, number in tokenizer.get_vocab().items()}
    with path.open("w", encoding="utf-8") as file:
        file.writelines(" ".join(tokens[number] for number in row.tolist()) + "\n" for row in rows)


def _read_links(line: str) -> set[Link]:
    return {(int(source), int(target)) for source, _, target in (pair.partition("-") for pair in line.split())}


def main(arguments: Sequence[str] | None = None) -> None:
    """Add links and term placeholders to a packed training set."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="packed training set (npz)")
    parser.add_argument("--tokenizers", type=Path, required=True, help="folder with source.json and target.json")
    parser.add_argument("--output", type=Path, required=True, help="packed training set with links (npz)")
    options = parser.parse_args(arguments)
    if shutil.which(ALIGNER) is None:
        parser.error(f"{ALIGNER} is not on the PATH; install it with: pip install eflomal")
    tokenizers = load_tokenizers(options.tokenizers)
    data = load_packed(options.data)
    data = ParallelSet(data.source, data.target, align(data, tokenizers))
    varied = with_terms(data, tokenizers, TERM_SHARE, seed=1)
    save_packed(varied, options.output)
    with_placeholders = int(np.sum(data.links.lengths() != varied.links.lengths()))
    LOG.info(json.dumps({"pairs": len(data), "links": len(data.links.ids), "with_terms": with_placeholders}))


if __name__ == "__main__":
    main()
