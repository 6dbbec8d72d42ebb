"""Makes the lexicon behind a shortlist: what each source token became in aligned pairs, and what every sentence may use."""

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nmt.build.corpus import ParallelSet, load_packed
from nmt.build.vocabulary import BYTES, END_OF_SENTENCE, SPACE
from nmt.config import PLACEHOLDERS
from nmt.shortlist import Lexicon

LOG = logging.getLogger("lexicon")
COMMON = 600  # tokens that every sentence may use
MOST = 100  # tokens that one source token may become
LEAST_COUNT, LEAST_SHARE = 2, 5e-4  # of what a source token became
Numbers = NDArray[np.int64]


def count_links(data: ParallelSet, begins: NDArray[np.bool_]) -> tuple[Numbers, Numbers, Numbers]:
    """Return source tokens, target tokens and how often the one became the other.

    A source token becomes all of a word that one of its links leads to; `begins` says which target tokens begin a word.
    """
    targets = data.target.ids.astype(np.int64)
    starts = begins[targets]
    starts[data.target.starts[:-1][data.target.lengths() > 0]] = True
    word_of, first = np.cumsum(starts) - 1, np.flatnonzero(starts)
    lengths = np.diff(np.append(first, len(targets)))
    pair = np.repeat(np.arange(len(data)), data.links.lengths())
    place = data.source.starts[pair] + data.links.ids // 256
    word = word_of[data.target.starts[pair] + data.links.ids % 256]
    place, word = np.divmod(np.unique(place * len(first) + word), len(first))
    row = np.repeat(np.arange(len(word)), lengths[word])
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths[word]) - lengths[word], lengths[word])
    source, target = data.source.ids[place[row]].astype(np.int64), targets[first[word[row]] + offset]
    both, count = np.unique(source * len(begins) + target, return_counts=True)
    return *np.divmod(both, len(begins)), count


def _spelled(sources: Sequence[str], target: Tokenizer) -> Iterator[tuple[int, int]]:
    """Yield what source tokens become when they are copied: Latin ones letter by letter or as a whole, bytes into any bytes."""
    numbers = target.get_vocab()
    every_byte = [numbers[token] for token in BYTES if token in numbers]
    for source, token in enumerate(sources):
        if token in BYTES:
            yield from ((source, byte) for byte in every_byte)
        elif token.isascii() or token.startswith(SPACE):
            text = token.removeprefix(SPACE)
            whole = target.encode(text, add_special_tokens=False).ids
            parts = (numbers[part] for part in (*text, SPACE + text, text) if part in numbers)
            yield from ((source, number) for number in {*whole, *parts})


def make_lexicon(data: ParallelSet, tokenizers: tuple[Tokenizer, Tokenizer]) -> Lexicon:
    """Return the lexicon of an aligned training set."""
    source, target = tokenizers
    numbers = target.get_vocab()
    tokens = sorted(numbers, key=numbers.__getitem__)
    begins = np.array([token.startswith(SPACE) or not token[0].isalpha() for token in tokens])
    common = np.argsort(-np.bincount(data.target.ids, minlength=len(tokens)), kind="stable")[:COMMON].tolist()
    always = np.unique([numbers[token] for token in (END_OF_SENTENCE, *PLACEHOLDERS)] + common)
    sources, targets, counts = count_links(data, begins)
    share = counts / np.bincount(sources, weights=counts, minlength=source.get_vocab_size())[sources]
    kept = (counts >= LEAST_COUNT) & (share >= LEAST_SHARE)
    sources, targets, counts = sources[kept], targets[kept], counts[kept]
    order = np.lexsort((-counts, sources))
    sources, targets = sources[order], targets[order]
    rank = np.arange(len(sources)) - np.searchsorted(sources, sources)
    linked = np.stack([sources, targets], 1)[rank < MOST]
    copied = np.array(list(_spelled(sorted(source.get_vocab(), key=source.get_vocab().__getitem__), target)), np.int64).reshape(-1, 2)
    pairs = np.unique(np.concatenate([linked, copied]), axis=0)
    pairs = pairs[~np.isin(pairs[:, 1], always)]
    starts = np.searchsorted(pairs[:, 0], np.arange(source.get_vocab_size() + 1))
    small = np.min_scalar_type(len(tokens))
    return Lexicon(always.astype(small), starts.astype(np.int32), pairs[:, 1].astype(small))


def load_lexicon(path: Path) -> Lexicon:
    """Read what this program wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Lexicon(arrays["always"], arrays["starts"], arrays["targets"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a lexicon as the command line says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="packed training set with links: see nmt.build.links")
    parser.add_argument("--tokenizers", type=Path, required=True, help="folder with source.json and target.json")
    parser.add_argument("--output", type=Path, required=True, help="lexicon (npz)")
    options = parser.parse_args(arguments)
    source, target = (Tokenizer.from_file(str(options.tokenizers / name)) for name in ("source.json", "target.json"))
    lexicon = make_lexicon(load_packed(options.data), (source, target))
    np.savez(options.output, always=lexicon.always, starts=lexicon.starts, targets=lexicon.targets)
    LOG.info("%d entries for %d source tokens, %d tokens for all", len(lexicon.targets), len(lexicon.starts) - 1, len(lexicon.always))


if __name__ == "__main__":
    main()
