from hypothesis import given
from hypothesis import strategies as st

from pipeline.batching import pack


def test_a_batch_ends_where_the_next_segment_would_be_too_much() -> None:
    assert pack(["aa", "bb", "cc", "d"], 3, 5) == [["aa", "bb"], ["cc", "d"]]
    assert pack(["a", "b", "c", "d"], 3, 100) == [["a", "b", "c"], ["d"]]


def test_a_segment_over_the_budget_is_a_batch_of_its_own() -> None:
    assert pack(["a", "b" * 9, "c"], 3, 5) == [["a"], ["b" * 9], ["c"]]


def test_no_segments_make_no_batch() -> None:
    assert pack([], 3, 5) == []


@given(st.lists(st.text(max_size=9)), st.integers(1, 5), st.integers(1, 20))
def test_all_segments_come_out_in_order_and_every_batch_keeps_to_its_budget(sources: list[str], segments: int, characters: int) -> None:
    batches = pack(sources, segments, characters)
    assert [source for batch in batches for source in batch] == sources
    assert all(len(batch) <= segments for batch in batches)
    assert all(len(batch) == 1 or sum(map(len, batch)) <= characters for batch in batches)
