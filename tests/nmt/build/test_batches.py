from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")

from nmt.build.batches import Batch, batches, passes, prefetched  # noqa: E402
from nmt.build.corpus import ParallelSet, gathered, pack_links, unpack_links  # noqa: E402

IDS = st.lists(st.integers(1, 60_000), min_size=1, max_size=12)


def linked(pairs: list[tuple[list[int], list[int]]]) -> ParallelSet:
    """Return the pairs, linked rank by rank."""
    source, target = (gathered([np.array(pair[side], np.uint16) for pair in pairs]) for side in (0, 1))
    ranks = [min(len(source), len(target)) for source, target in pairs]
    return ParallelSet(source, target, gathered([pack_links((rank, rank) for rank in range(count)) for count in ranks]))


def rows(batch: Batch) -> Iterator[tuple[list[int], list[int], list[tuple[int, int]]]]:
    for row in range(len(batch.source)):
        source, target = ([number for number in side[row].tolist() if number] for side in (batch.source, batch.target))
        yield source, target, [(one, other) for place, one, other in batch.links.tolist() if place == row]


@given(st.lists(st.tuples(IDS, IDS), min_size=1, max_size=30), st.sampled_from([1, 8]), st.integers(0, 5))
def test_batches_hold_every_pair_once_within_the_budget(pairs: list[tuple[list[int], list[int]]], multiple: int, seed: int) -> None:
    data = linked(pairs)
    seen = []
    for batch in batches(data, 48, np.random.default_rng(seed), multiple):
        assert batch.target.numel() <= 48
        for side in (batch.source, batch.target):
            assert side.shape[1] % multiple == 0
            assert not side[:, -1].any()
        seen += list(rows(batch))
        ends = torch.nn.functional.pad(batch.target[:, :-1] != 0, (1, 0), value=True)
        assert torch.equal(batch.kept, ends.flatten().nonzero()[:, 0])
    expected = [(source, target, unpack_links(data.links[row])) for row, (source, target) in enumerate(pairs)]
    assert sorted(seen) == sorted(expected)


def test_a_repeated_batch_has_copies_of_its_target_side() -> None:
    batch = next(batches(linked([([1, 2, 3], [4, 5]), ([6], [7, 8, 9])]), 100, np.random.default_rng(0)))
    repeated = batch.repeated(3)
    assert torch.equal(repeated.source, batch.source)
    assert torch.equal(repeated.target, batch.target.repeat(3, 1))
    assert torch.equal(repeated.wanted(), batch.wanted().repeat(3))
    assert torch.equal(repeated.inputs(), batch.inputs().repeat(3, 1))
    places = [(row + 2 * copy, source, target) for copy in range(3) for row, source, target in batch.links.tolist()]
    assert [tuple(link) for link in repeated.links.tolist()] == places


def test_passes_go_on_without_end() -> None:
    made = passes(linked([([1], [2]), ([3], [4])]), 2, np.random.default_rng(0), 1)
    first = [next(made).source[0, 0].item() for _ in range(6)]
    assert sorted(first) == [1, 1, 1, 3, 3, 3]


def test_what_is_made_ahead_comes_in_order_and_an_error_comes_through() -> None:
    def items() -> Iterator[int]:
        yield from range(20)
        raise OSError("the data ended early")

    ahead = prefetched(items(), depth=3)
    assert [next(ahead) for _ in range(20)] == list(range(20))
    with pytest.raises(OSError, match="ended early"):
        next(ahead)
    assert list(prefetched(iter(range(5)), depth=8)) == list(range(5))
