"""A lexical shortlist: of the target vocabulary only what the words of a sentence may become (L'Hostis et al., 2016).

It is a sentence's own, whatever stands beside it: the product with the output matrix is computed once for all that a batch may say, and
each sentence picks its tokens out of it in an order of its own. Integer sums are exact, so that its scores have the same bits in every
batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.config import MASKED, SOFTMAX_STEP
from nmt.search import Ints

SHORTLIST_FILE = "shortlist.npz"
# What the decoder's graph is given of a batch's shortlists: columns of the output matrix, and for each sentence which of them are its own.
KERNEL, SCALES, BIAS, PLACES, OWN = "shortlist_kernel", "shortlist_scales", "shortlist_bias", "shortlist_places", "shortlist_own"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What source tokens may become: `targets[starts[s]:starts[s + 1]]` for the token s, and `always` whatever the source."""

    always: NDArray[np.integer[Any]]
    starts: NDArray[np.integer[Any]]
    targets: NDArray[np.integer[Any]]

    def save(self, path: Path, **more: NDArray[Any]) -> None:
        """Write it, and more arrays by name, to a file (npz)."""
        arrays = {"always": self.always, "starts": self.starts, "targets": self.targets} | more
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)


def read_arrays(path: Path, *more: str) -> tuple[Lexicon, list[NDArray[Any]]]:
    """Return what `Lexicon.save` wrote: the lexicon and the other arrays of these names.

    Raises:
        ValueError: it is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Lexicon(arrays["always"], arrays["starts"], arrays["targets"]), [arrays[name] for name in more]
    except (OSError, EOFError, KeyError, BadZipFile) as error:
        raise ValueError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Shortlist:
    """A lexicon with the output matrix that it chooses from: `kernel` [H, vocabulary], of 8 bits with `scales` [vocabulary], or of 32."""

    lexicon: Lexicon
    kernel: NDArray[Any]
    scales: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: it is damaged.
        """
        try:
            lexicon, (kernel, scales) = read_arrays(path, "kernel", "scales")
        except ValueError as error:
            raise ModelError(f"{path} is no shortlist ({error}); fetch the bundle again") from error
        return cls(lexicon, kernel, scales)

    def save(self, path: Path) -> None:
        """Write it to a file (npz)."""
        self.lexicon.save(path, kernel=self.kernel, scales=self.scales)

    def tokens(self, source: Ints) -> Ints:
        """Return the target tokens that a sentence may use: those that every sentence may, in their order, then its own, ascending."""
        lexicon = self.lexicon
        seen = np.zeros(len(self.scales), np.bool_)
        for token in source.tolist():
            seen[lexicon.targets[lexicon.starts[token] : lexicon.starts[token + 1]]] = True
        seen[lexicon.always] = False
        return np.concatenate([lexicon.always, np.flatnonzero(seen)]).astype(np.int64)

    def places(self, tokens: Ints) -> Ints:
        """Return where tokens that every sentence may use stand among the tokens of any."""
        place = np.full(len(self.scales), -1)
        place[self.lexicon.always] = np.arange(len(self.lexicon.always))
        found = place[tokens]
        if (found < 0).any():
            raise ValueError("only tokens that are always in the shortlist can be asked for")
        return found

    def inputs(self, sources: Sequence[Ints]) -> dict[str, NDArray[Any]]:
        """Return what the decoder's graph is given for these B sentences: see `nmt.build.decoder`.

        A sentence's tokens are filled up to whole blocks with a column that is never chosen.
        """
        own = [self.tokens(source) for source in sources]
        place = np.zeros(len(self.scales), np.int32)
        place[np.concatenate(own)] = 1
        union = np.flatnonzero(place)
        place[union] = np.arange(len(union))
        width = -(-max(map(len, own)) // SOFTMAX_STEP) * SOFTMAX_STEP
        places, tokens = np.full((len(own), width), len(union), np.int32), np.zeros((len(own), width), np.int64)
        for row, ids in enumerate(own):
            places[row, : len(ids)] = place[ids]
            tokens[row, : len(ids)] = ids
        kernel = np.zeros((len(self.kernel), len(union) + 1), self.kernel.dtype)
        np.take(self.kernel, union, axis=1, out=kernel[:, :-1])
        bias = np.zeros(len(union) + 1, np.float32)
        bias[-1] = MASKED
        return {KERNEL: kernel, SCALES: np.append(self.scales[union], np.float32(1)), BIAS: bias, PLACES: places[:, None], OWN: tokens}
