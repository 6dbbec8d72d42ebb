"""Draws a training set from parallel corpora and packs it as token ids.

A corpus is a folder of `name.tsv.xz` files, one `source<TAB>target` pair a line. Some pairs are held out by a hash of the source text, for
evaluation: the rule depends on nothing but the text, so no copy of a held-out sentence is ever trained on.
"""

import hashlib
import lzma
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nmt.config import PLACEHOLDERS

Pair = tuple[str, str]
Link = tuple[int, int]  # source token, target token

GENERAL = ("encyc", "life", "news", "office", "w0", "w1", "w2", "w3", "w4", "w5")
# General language too, the files of nmt/build/written; nothing of it is in the evaluation slices, which are older.
WRITTEN = (
    *("news_home", "history", "news_world", "science", "business", "speech", "travel", "economy"),
    *("names", "reports", "knowledge", "essays", "cases"),
)
TECHNICAL = ("alibaba", "python_docs", "ms_ht", "tidb_apache", "k8s", "mindspore", "django_docs", "tensorflow", "espidf", "php")
LEGAL = ("tw_laws", "tw_laws_long")
HELD_OUT_EVERY = {"general": 73, "technical": 3000, "legal": 500}

# Copies of each source in one pass over the training set. The corpus is mostly technical and legal; general language is drawn more often,
# machine-translated sources less.
COPIES: Mapping[str, float] = (
    dict.fromkeys((*GENERAL, *WRITTEN), 6.0)
    | dict.fromkeys(("tatoeba", "tatoeba2"), 3.0)
    | dict.fromkeys(("ethereum_org", "opensource_guide", "open_sdg", "bitcoin_org", "mozilla_www", "bloom_housing", "community_app"), 2.0)
    | dict.fromkeys(("names_country", "d365_projops", "inaturalist", "scratch", "wikipedia_android", "login_gov"), 1.5)
    | dict.fromkeys(("names_cldr", "names_osm_presets"), 1.0)
    | {"names_libphone": 0.5, "bible_cuv_nheb": 0.3, "alibaba": 0.2, "tw_laws": 0.15, "tw_laws_long": 0.3, "ms_mt": 0.1, "ms_ht": 0.6}
)
DEFAULT_COPIES = 0.35

MAX_TOKENS = 100
PLACEHOLDER_SHARE = 0.15
NO_FULL_STOP_SHARE = 0.07
_COPYABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:+-]*[A-Za-z0-9]|[0-9]+")


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of one `tsv.xz` file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            source, target = line.rstrip("\n").split("\t")
            yield source, target


def register(name: str) -> str | None:
    """Return the evaluation slice that the source `name` belongs to, if any."""
    for slice_name, members in (("general", GENERAL), ("technical", TECHNICAL), ("legal", LEGAL)):
        if name in members:
            return slice_name
    return None


def is_held_out(source: str) -> str | None:
    """Return the slice for which the hash of `source` reserves it, if any; pairs of other sources with such a text are dropped too."""
    number = int.from_bytes(hashlib.sha256(source.encode()).digest()[:8], "big")
    for name, every in HELD_OUT_EVERY.items():
        if number % every == 0:
            return name
    return None


def held_out(folders: Iterable[Path]) -> dict[str, list[Pair]]:
    """Return the evaluation slices, each sorted by the hash-independent source text and without repeats."""
    slices: dict[str, dict[str, str]] = {name: {} for name in HELD_OUT_EVERY}
    for path in corpus_files(folders):
        slice_name = register(_name(path))
        for source, target in read_pairs(path) if slice_name else ():
            if is_held_out(source) == slice_name and slice_name:
                slices[slice_name].setdefault(source, target)
    return {name: sorted(pairs.items()) for name, pairs in slices.items()}


def corpus_files(folders: Iterable[Path]) -> list[Path]:
    """Return the corpus files of `folders` in a fixed order."""
    return sorted((path for folder in folders for path in folder.glob("*.tsv.xz")), key=_name)


def draw(folders: Iterable[Path], copies: Mapping[str, float], default: float, seed: int) -> list[Pair]:
    """Return a shuffled training set: each source's pairs `copies[name]` times, whole parts repeated and the rest sampled."""
    rng = random.Random(seed)  # noqa: S311 - sampling, not secrecy
    drawn: list[Pair] = []
    for path in corpus_files(folders):
        wanted = copies.get(_name(path), default)
        for pair in read_pairs(path):
            if is_held_out(pair[0]) is None:
                times = int(wanted) + (rng.random() < wanted % 1)
                drawn.extend(_vary(pair, rng) for _ in range(times))
    rng.shuffle(drawn)
    return drawn


def _name(path: Path) -> str:
    return path.name.removesuffix(".tsv.xz")


def _vary(pair: Pair, rng: random.Random) -> Pair:
    """Return the pair, now and then with placeholders for what both sides share, or without its final full stop."""
    chance = rng.random()
    if chance < PLACEHOLDER_SHARE:
        return with_placeholders(pair, rng)
    if chance < PLACEHOLDER_SHARE + NO_FULL_STOP_SHARE and pair[0].endswith("。") and pair[1].endswith("."):
        return pair[0][:-1], pair[1][:-1]
    return pair


def with_placeholders(pair: Pair, rng: random.Random) -> Pair:
    """Replace names and numbers that occur exactly once on both sides by placeholders with random numbers."""
    source, target = pair
    shared = [text for text in _COPYABLE.findall(source) if source.count(text) == 1 and target.count(text) == 1]
    for text, placeholder in zip(shared[:3], rng.sample(PLACEHOLDERS, len(PLACEHOLDERS)), strict=False):
        source, target = source.replace(text, placeholder), target.replace(text, placeholder)
    return source, target


@dataclass(frozen=True, slots=True)
class TokenSet:
    """Sentences as one array of ids and the index of each sentence's first id (one more index than sentences)."""

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def lengths(self) -> NDArray[np.int64]:
        """Return the number of tokens of each sentence."""
        return np.diff(self.starts)

    def __getitem__(self, index: int) -> NDArray[np.uint16]:
        return self.ids[self.starts[index] : self.starts[index + 1]]


@dataclass(frozen=True, slots=True)
class ParallelSet:
    """Pairs of sentences. `links` holds for each pair its word alignment as `pack_links` makes it, or nothing."""

    source: TokenSet
    target: TokenSet
    links: TokenSet

    def __len__(self) -> int:
        return len(self.source)


def pack_links(links: Iterable[Link]) -> NDArray[np.uint16]:
    """Return links as numbers: source position * 256 + target position."""
    return np.array([source * 256 + target for source, target in links], np.uint16)


def unpack_links(numbers: NDArray[np.uint16]) -> list[Link]:
    """Return the links that `pack_links` packed."""
    return [(number // 256, number % 256) for number in numbers.tolist()]


def gathered(rows: list[NDArray[np.uint16]]) -> TokenSet:
    """Return the rows as one set."""
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return TokenSet(np.concatenate(rows) if rows else np.zeros(0, np.uint16), starts)


def tokenise(sentences: list[str], tokenizer: Tokenizer) -> TokenSet:
    """Return the ids of `sentences`, without the end of sentence."""
    encoded: list[NDArray[np.uint16]] = []
    for first in range(0, len(sentences), 10_000):
        batch = tokenizer.encode_batch(sentences[first : first + 10_000], add_special_tokens=False)
        encoded.extend(np.array(item.ids, np.uint16) for item in batch)
    return gathered(encoded)


def pack(pairs: list[Pair], tokenizers: tuple[Tokenizer, Tokenizer], path: Path) -> int:
    """Write the pairs that fit into MAX_TOKENS a side to `path` (npz) and return their number."""
    source, target = (tokenise([pair[side] for pair in pairs], tokenizers[side]) for side in (0, 1))
    lengths = np.stack([source.lengths(), target.lengths()])
    fits = (lengths.min(0) > 0) & (lengths.max(0) <= MAX_TOKENS) & (lengths.max(0) <= 4 * lengths.min(0) + 8)
    kept = np.flatnonzero(fits).tolist()
    none = TokenSet(np.zeros(0, np.uint16), np.zeros(len(kept) + 1, np.int64))
    save_packed(ParallelSet(gathered([source[row] for row in kept]), gathered([target[row] for row in kept]), none), path)
    return len(kept)


def save_packed(data: ParallelSet, path: Path) -> None:
    """Write what `load_packed` reads (npz)."""
    sides = {"source": data.source, "target": data.target, "links": data.links}
    arrays = {f"{name}_{field}": getattr(side, field) for name, side in sides.items() for field in ("ids", "starts")}
    np.savez(path, allow_pickle=False, **arrays)


def load_packed(path: Path) -> ParallelSet:
    """Read a packed set."""
    with np.load(path) as arrays:
        return ParallelSet(*(TokenSet(arrays[f"{name}_ids"], arrays[f"{name}_starts"]) for name in ("source", "target", "links")))
