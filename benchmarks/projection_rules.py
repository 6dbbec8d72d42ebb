"""Ways to carry inline tags over an alignment, ours and simple ones. Each gives characters of the target for each tag of the source."""

import re
from collections import defaultdict
from collections.abc import Sequence

from benchmarks.marked import Marked
from models.segment import Link, Piece
from pipeline.weave import LEAST_CONFIDENCE, weave

Places = list[set[int]]  # for each tag of the source, the characters of the target it covers
_WORD = re.compile(r"\S+")


def ours(source: Marked, target: str, links: Sequence[Link], least_confidence: float = LEAST_CONFIDENCE) -> tuple[Places, float]:
    """Return what `weave` gives, and how sure it is of the alignment."""
    piece = Piece(source.text, is_segment=True)
    woven = weave(source.block(), [piece], {source.text: target}, {source.text: links}, least_confidence)
    places: Places = [set() for _ in source.tags]
    for span in woven.block.spans:
        for number in span.path:
            places[number] |= set(range(span.start, span.end)) if span.end > span.start else {-span.start - 1}
    filled = [{place for place in covered if place >= 0} or covered for covered in places]
    return filled, min((item.confidence for item in woven.placed.values()), default=1.0)


def aligned(source: Marked, target: str, links: Sequence[Link]) -> Places:
    """Return what `weave` gives where it trusts every alignment."""
    return ours(source, target, links, 0.0)[0]


def by_length(source: Marked, target: str, _: Sequence[Link]) -> Places:
    """Return what `weave` gives without an alignment: places in proportion, whole words, Latin words and numbers as fixed points."""
    return ours(source, target, ())[0]


def smallest_range(source: Marked, target: str, links: Sequence[Link]) -> Places:
    """Cover from the first to the last word that is aligned to the tag; a tag over the whole source covers the whole target."""
    best = _best(links)
    words = [match.span() for match in _WORD.finditer(target)]
    places: Places = []
    for tag in source.tags:
        hits = [link for link in best if link.source_start < tag.end and tag.start < link.source_end]
        inside = [word for word in words if any(link.target_start < word[1] and word[0] < link.target_end for link in hits)]
        if (tag.start, tag.end) == (0, len(source.text)):
            inside = words
        places.append(set(range(inside[0][0], inside[-1][1])) if inside else set())
    return places


def word_votes(source: Marked, target: str, links: Sequence[Link]) -> Places:
    """Give each subword the tags of the source subword it is aligned to most, and each word those of its deepest or surest subword."""
    best = _best(links)
    places: Places = [set() for _ in source.tags]
    path: tuple[int, ...] = ()
    for start, end in [match.span() for match in _WORD.finditer(target)]:
        inside = [link for link in best if link.target_start < end and start < link.target_end]
        if inside:
            path = _winner([(_path(source, link), link.weight) for link in inside])
        for number in path:
            places[number] |= set(range(start, end))
    return places


def _winner(votes: Sequence[tuple[tuple[int, ...], float]]) -> tuple[int, ...]:
    path, weight = votes[0]
    for other, share in votes[1:]:
        extends = len(other) > len(path) and other[: len(path)] == path
        if extends or (share > weight and path[: len(other)] != other):
            path, weight = other, share
    return path


def _path(source: Marked, link: Link) -> tuple[int, ...]:
    """Return the tags of the last slot that a link's source subword lies in."""
    return next((span.path for span in reversed(source.spans) if span.start < link.source_end and link.source_start < span.end), ())


def _best(links: Sequence[Link]) -> list[Link]:
    """Return the heaviest link of each target subword."""
    groups: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for link in links:
        groups[link.target_start, link.target_end].append(link)
    return [max(group, key=lambda link: link.weight) for _, group in sorted(groups.items())]
