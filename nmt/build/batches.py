"""Makes padded batches of a packed training set, in a thread of their own while the network works."""

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nmt.build.corpus import ParallelSet, TokenSet

CHUNK = 40_000  # sentences sorted by length together: long enough for even batches, short enough to stay mixed
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids of B pairs; every row ends in at least one 0.

    `source` [B, L], `target` [B, T]; `kept` holds the places of the target tokens and of the 0 that ends each sentence, row * T + position;
    `links` [M, 3] the alignment: row, source position, target position.
    """

    source: Tensor
    target: Tensor
    kept: Tensor
    links: Tensor

    def inputs(self) -> Tensor:
        """Return what the decoder reads, [B, T]: at each position the target token before it."""
        return functional.pad(self.target[:, :-1], (1, 0))

    def wanted(self) -> Tensor:
        """Return what it is to predict at the kept places."""
        return self.target.flatten()[self.kept]

    def repeated(self, copies: int) -> Self:
        """Return the batch with its target side `copies` times; the source stays as it is. Copy k of pair b is row k * B + b."""
        rows, width = self.target.shape
        shift = torch.arange(copies, device=self.target.device)
        kept = (self.kept + shift[:, None] * rows * width).flatten()
        links = self.links.repeat(copies, 1)
        links[:, 0] += shift.repeat_interleave(len(self.links)) * rows
        return type(self)(self.source, self.target.repeat(copies, 1), kept, links)

    def pinned(self) -> Self:
        """Return the batch in memory from which a GPU reads while it computes."""
        return type(self)(*(getattr(self, field.name).pin_memory() for field in fields(self)))

    def to(self, device: str) -> Self:
        """Return the batch on a device."""
        return type(self)(*(getattr(self, field.name).to(device, non_blocking=True) for field in fields(self)))


def batches(data: ParallelSet, budget: int, rng: np.random.Generator, multiple: int = 1) -> Iterator[Batch]:
    """Yield one pass in random order, each pair once.

    Args:
        data: the pairs.
        budget: target positions a batch at most, padding included; one longer pair is a batch of its own.
        rng: shuffles.
        multiple: widths are filled up to a multiple of this.
    """
    order = rng.permutation(len(data))
    source_lengths, target_lengths = data.source.lengths(), data.target.lengths()
    for first in range(0, len(order), CHUNK):
        chunk = order[first : first + CHUNK]
        chunk = chunk[np.lexsort((source_lengths[chunk], target_lengths[chunk]))]
        cuts = list(_cut(_filled(target_lengths[chunk] + 1, multiple), budget))
        for index in rng.permutation(len(cuts)):
            yield _batch(data, chunk[slice(*cuts[index])], multiple)


def passes(data: ParallelSet, budget: int, rng: np.random.Generator, multiple: int) -> Iterator[Batch]:
    """Yield the batches of one pass after the other, without end; arguments as of `batches`."""
    while True:
        yield from batches(data, budget, rng, multiple)


def prefetched(items: Iterator[Item], depth: int = 8) -> Generator[Item, None, None]:
    """Yield `items`, which a thread makes ahead, up to `depth` of them; an error there is raised here."""
    with ThreadPoolExecutor(1, "prefetch") as thread:
        ahead = deque(thread.submit(next, items, None) for _ in range(depth))
        while (item := ahead.popleft().result()) is not None:
            ahead.append(thread.submit(next, items, None))
            yield item


def _filled(widths: NDArray[np.int64], multiple: int) -> NDArray[np.int64]:
    return -(-widths // multiple) * multiple


def _cut(widths: NDArray[np.int64], budget: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of the ascending `widths` whose padded size stays within `budget`."""
    begin = 0
    while begin < len(widths):
        ahead = widths[begin : begin + max(1, budget // int(widths[begin]))]
        count = int(np.searchsorted(ahead * np.arange(1, len(ahead) + 1), budget, side="right"))
        yield begin, begin + max(1, count)
        begin += max(1, count)


def _batch(data: ParallelSet, rows: NDArray[np.int64], multiple: int) -> Batch:
    source, target = _pad(data.source, rows, multiple), _pad(data.target, rows, multiple)
    ends = np.arange(target.shape[1]) <= data.target.lengths()[rows, None]
    place, numbers = _flat(data.links, rows)
    links = np.stack([place, numbers // 256, numbers % 256], axis=1)
    return Batch(*map(torch.from_numpy, (source, target, np.flatnonzero(ends), links)))


def _flat(tokens: TokenSet, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the rows one after the other, and for each its place among the rows."""
    starts, lengths = tokens.starts[rows], tokens.starts[rows + 1] - tokens.starts[rows]
    place = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(place)) - (np.cumsum(lengths) - lengths)[place]
    return place, tokens.ids[starts[place] + within].astype(np.int64)


def _pad(tokens: TokenSet, rows: NDArray[np.int64], multiple: int) -> NDArray[np.int64]:
    lengths = tokens.starts[rows + 1] - tokens.starts[rows]
    width = int(_filled(lengths.max() + 1, multiple))
    padded = np.zeros((len(rows), width), np.int64)
    padded[np.arange(width) < lengths[:, None]] = _flat(tokens, rows)[1]
    return padded
