"""Cuts the segments of a document into batches."""

from collections.abc import Iterable


def pack(sources: Iterable[str], max_segments: int, max_characters: int) -> list[list[str]]:
    """Return `sources` in order, in runs of at most so many segments and characters; a longer segment is a run of its own."""
    batches: list[list[str]] = []
    size = 0
    for source in sources:
        if not batches or len(batches[-1]) == max_segments or size + len(source) > max_characters:
            batches.append([])
            size = 0
        batches[-1].append(source)
        size += len(source)
    return batches
