"""Makes the lexicon behind a shortlist: what each source token may become, and what every sentence may use.

What a token became is counted in the aligned pairs of the training set, or, for a model that came without one, in its own translations.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.errors import ModelError
from nmt.alignment import forced_attention
from nmt.build.corpus import ParallelSet, gathered, load_packed, pack_links
from nmt.build.vocabulary import BYTES, END_OF_SENTENCE, SPACE, load_tokenizers
from nmt.bundle import verify
from nmt.config import PLACEHOLDERS, NetworkConfig
from nmt.search import END, SearchOptions, beam_search
from nmt.session import Decoding, Session
from nmt.shortlist import Lexicon, read_arrays
from nmt.tokenization import open_tokenizer
from nmt.translator import batches, placeholder_ids

LOG = logging.getLogger("lexicon")
COMMON = 600  # tokens that every sentence may use
MOST = 100  # tokens that one source token may become
MOST_TOKENS = 255  # of a sentence
MOST_NUMBERS = 1 << 16  # of a vocabulary: see nmt.build.corpus
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


def aligned_lexicon(data: ParallelSet, tokenizers: tuple[Tokenizer, Tokenizer]) -> Lexicon:
    """Return the lexicon of an aligned training set."""
    source, target = (_by_number(tokenizer) for tokenizer in tokenizers)
    numbers = tokenizers[1].get_vocab()
    begins = np.array([token.startswith(SPACE) or not token[0].isalpha() for token in target])
    special = [numbers[token] for token in (END_OF_SENTENCE, *PLACEHOLDERS)]
    return _lexicon(data, len(source), begins, special, list(_spelled(source, tokenizers[1])))


def spoken_lexicon(bundle: Path, sentences: Sequence[str], threads: int) -> Lexicon:
    """Return what a model itself makes of these sentences: each token that it says belongs to the source token it attends to most.

    Raises:
        ModelError: the bundle is missing or damaged.
    """
    manifest = verify(bundle)
    if max(manifest.network.source_vocabulary, manifest.network.target_vocabulary) > MOST_NUMBERS:
        raise ModelError(f"{bundle} has a vocabulary of more than {MOST_NUMBERS:,} tokens, for which no lexicon can be made")
    session, tokenizer = Session(manifest, threads), open_tokenizer(manifest)
    options = SearchOptions(manifest.beam, manifest.penalty, manifest.network.softmax_width)
    encoded = [ids for ids in tokenizer.encode(sentences) if 0 < len(ids) <= min(manifest.max_source, MOST_TOKENS)]
    sources, targets, links = [], [], []
    for rows in batches(encoded):
        chosen = [encoded[row] for row in rows]
        limits = [min(manifest.max_target or manifest.positions, 2 * len(ids) + 8, MOST_TOKENS) for ids in chosen]
        found = beam_search(Decoding(session, session.encode(chosen), options.beam), limits, options)
        said = [np.array(hypotheses[0].tokens, np.int64) for hypotheses in found]
        for source, target, attention in zip(chosen, said, forced_attention(session, chosen, said), strict=True):
            sources.append(source.astype(np.uint16))
            targets.append(target.astype(np.uint16))
            links.append(pack_links((place, row) for row, place in enumerate(attention.argmax(axis=1).tolist())))
    network = manifest.network
    special = [END, *(placeholder_ids(tokenizer).values() if manifest.placeholders else ())]
    same = [(token, token) for token in range(network.source_vocabulary)] if network.shared_embeddings else []
    data = ParallelSet(gathered(sources), gathered(targets), gathered(links))
    return _lexicon(data, network.source_vocabulary, np.ones(network.target_vocabulary, np.bool_), special, same)


def _by_number(tokenizer: Tokenizer) -> list[str]:
    numbers = tokenizer.get_vocab()
    return sorted(numbers, key=numbers.__getitem__)


def _lexicon(data: ParallelSet, sources: int, begins: NDArray[np.bool_], special: list[int], copied: list[tuple[int, int]]) -> Lexicon:
    """Return the lexicon of these links, for so many source tokens; `copied` are pairs that need no link."""
    common = np.argsort(-np.bincount(data.target.ids, minlength=len(begins)), kind="stable")[:COMMON].tolist()
    always = np.unique(special + common)
    source, target, count = count_links(data, begins)
    kept = (count >= LEAST_COUNT) & (count / np.bincount(source, weights=count, minlength=sources)[source] >= LEAST_SHARE)
    source, target, count = source[kept], target[kept], count[kept]
    order = np.lexsort((-count, source))
    source, target = source[order], target[order]
    rank = np.arange(len(source)) - np.searchsorted(source, source)
    linked = np.stack([source, target], 1)[rank < MOST]
    pairs = np.unique(np.concatenate([linked, np.array(copied, np.int64).reshape(-1, 2)]), axis=0)
    pairs = pairs[~np.isin(pairs[:, 1], always)]
    small = np.min_scalar_type(len(begins))
    starts = np.searchsorted(pairs[:, 0], np.arange(sources + 1)).astype(np.int32)
    return Lexicon(always.astype(small), starts, pairs[:, 1].astype(small))


def load_lexicon(path: Path, config: NetworkConfig) -> Lexicon:
    """Read the lexicon of a network's vocabularies that `Lexicon.save` wrote.

    Raises:
        ModelError: the file is none, or is of other vocabularies.
    """
    try:
        lexicon, _ = read_arrays(path)
    except ValueError as error:
        raise ModelError(f"{path} is no lexicon ({error}); make one with python -m nmt.build.lexicon") from error
    if END not in lexicon.always:
        raise ModelError(f"{path} lacks the end of sentence; make one with python -m nmt.build.lexicon")
    largest = max(int(part.max(initial=0)) for part in (lexicon.always, lexicon.targets))
    if len(lexicon.starts) != config.source_vocabulary + 1 or largest >= config.target_vocabulary:
        raise ModelError(f"{path} is the lexicon of other vocabularies; make one of this model with python -m nmt.build.lexicon")
    return lexicon


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a lexicon as the command line says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="packed training set with links: see nmt.build.links")
    parser.add_argument("--tokenizers", type=Path, help="its folder with source.json and target.json")
    parser.add_argument("--bundle", type=Path, help="without a training set: a model")
    parser.add_argument("--sentences", type=Path, help="what it is to translate, one sentence a line; ten thousands of them")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, required=True, help="lexicon (npz)")
    options = parser.parse_args(arguments)
    if options.data and options.tokenizers:
        lexicon = aligned_lexicon(load_packed(options.data), load_tokenizers(options.tokenizers))
    elif options.bundle and options.sentences:
        lexicon = spoken_lexicon(options.bundle, options.sentences.read_text(encoding="utf-8").splitlines(), options.threads)
    else:
        parser.error("give --data and --tokenizers, or --bundle and --sentences")
    lexicon.save(options.output)
    LOG.info("%d entries for %d source tokens, %d tokens for all", len(lexicon.targets), len(lexicon.starts) - 1, len(lexicon.always))


if __name__ == "__main__":
    main()
