"""Carry inline tags from Chinese sentences to given English ones and compare with the tags of a reference.

Run as `python -m benchmarks.weave FILE.jsonl [--links FILE] [--show]`. FILE has lines of `{"source": "...", "target": "..."}` with the same
XML inline tags on both sides; tags that look the same belong together in their order. The target's text is given to the model, which says
how it is aligned. `--links` reads alignments instead: for each line a JSON list of [source start, source end, target start, target end,
weight] over characters of the texts without tags. `--show` prints each tag that is placed otherwise than in the reference.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.marked import Key, Marked, parse
from benchmarks.projection_rules import Places, aligned, by_length, ours, smallest_range, word_votes
from models.segment import Link
from pipeline.engines import EngineOptions, open_engine
from pipeline.votes import words_of

Rule = Callable[[Marked, str, Sequence[Link]], Places]
RULES: dict[str, Rule] = {
    "weave": lambda source, target, links: ours(source, target, links)[0],
    "bergamot-style votes": word_votes,
    "min..max": smallest_range,
    "by length": by_length,
}
CONFIDENCES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


@dataclass(frozen=True, slots=True)
class Pair:
    """A tagged sentence and its tagged translation, and how they are aligned."""

    source: Marked
    target: Marked
    links: tuple[Link, ...]


@dataclass(slots=True)
class Score:
    """Counts over tags: words right, given and wanted, and spans exactly right."""

    right: int = 0
    given: int = 0
    wanted: int = 0
    exact: int = 0
    tags: int = 0

    def add(self, given: set[int], wanted: set[int], *, exact: bool) -> None:
        """Count one tag by the words it covers."""
        self.right += len(given & wanted)
        self.given += len(given)
        self.wanted += len(wanted)
        self.exact += exact
        self.tags += 1

    @property
    def f1(self) -> float:
        """F1 over words."""
        return 2 * self.right / max(1, self.given + self.wanted)

    def __str__(self) -> str:
        precision, recall = self.right / max(1, self.given), self.right / max(1, self.wanted)
        share = self.exact / max(1, self.tags)
        return f"exact {share:6.1%} ({self.exact}/{self.tags})  token F1 {self.f1:.3f}  precision {precision:.3f}  recall {recall:.3f}"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--links", type=Path)
    parser.add_argument("--model", help="folder of a model bundle (default: the one that ships)")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    marked = read_pairs(options.file)
    links = read_links(options.links) if options.links else model_links(marked, options.model)
    pairs = [Pair(*both, tuple(found)) for both, found in zip(marked, links, strict=True)]
    print(f"{len(pairs)} sentences, {sum(len(pair.source.tags) for pair in pairs)} tags")
    for name, rule in RULES.items():
        print(f"{name:22}{score(pairs, rule)}")
    if options.show:
        show(pairs)
    print_by_confidence(pairs)


def print_by_confidence(pairs: Sequence[Pair]) -> None:
    """Print, for each range of confidence, how places by the alignment and by length compare."""
    print("confidence  sentences  by alignment: F1  by length: F1")
    for low, high in pairwise(CONFIDENCES):
        inside = [pair for pair in pairs if low <= ours(pair.source, pair.target.text, pair.links)[1] < high]
        print(f"{low:.1f} to {high:.1f} {len(inside):10} {score(inside, aligned).f1:17.3f} {score(inside, by_length).f1:14.3f}")


def read_pairs(path: Path) -> list[tuple[Marked, Marked]]:
    """Return the pairs of a file; a pair whose sides have other tags is an error."""
    pairs = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        row = json.loads(line)
        source, target = parse(row["source"]), parse(row["target"])
        if sorted(tag.key for tag in source.tags) != sorted(tag.key for tag in target.tags):
            raise SystemExit(f"{path}:{number}: the sides have different tags")
        pairs.append((source, target))
    return pairs


def read_links(path: Path) -> list[list[Link]]:
    """Return the alignments of a file."""
    return [[Link(*values) for values in json.loads(line)] for line in path.read_text("utf-8").splitlines()]


def model_links(pairs: Sequence[tuple[Marked, Marked]], bundle: str | None) -> list[list[Link]]:
    """Return how the model aligns the pairs."""
    return open_engine(EngineOptions(bundle=bundle), threads=0).align([(source.text, target.text) for source, target in pairs])


def score(pairs: Sequence[Pair], rule: Rule) -> Score:
    """Return how a rule does on the pairs."""
    total = Score()
    for pair in pairs:
        for given, wanted in compared(pair, rule).values():
            total.add(_words(pair.target.text, given), _words(pair.target.text, wanted), exact=given == wanted)
    return total


def compared(pair: Pair, rule: Rule) -> dict[Key, tuple[set[int], set[int]]]:
    """Return, for each tag, the characters that the rule gave it and those of the reference, blanks apart; for an empty tag its place."""
    text = pair.target.text
    places = rule(pair.source, text, pair.links)
    wanted = {tag.key: set(range(tag.start, tag.end)) or {-tag.start - 1} for tag in pair.target.tags}
    return {tag.key: (_shown(text, given), _shown(text, wanted[tag.key])) for tag, given in zip(pair.source.tags, places, strict=True)}


def show(pairs: Sequence[Pair]) -> None:
    """Print what is placed otherwise than in the reference."""
    for pair in pairs:
        differences = {key: both for key, both in compared(pair, RULES["weave"]).items() if both[0] != both[1]}
        if differences:
            confidence = ours(pair.source, pair.target.text, pair.links)[1]
            print(f"\n{pair.source.text}\n{pair.target.text}\n  sure {confidence:.2f}")
        for (name, _), (given, wanted) in differences.items():
            print(f"  <{name}> {_excerpt(pair.target.text, given)!r}, not {_excerpt(pair.target.text, wanted)!r}")


def _shown(text: str, places: set[int]) -> set[int]:
    """Return the places without blanks; the place of an empty tag counts as before the blanks it stands at."""
    return {place if place >= 0 else -len(text[: -place - 1].rstrip()) - 1 for place in places if place < 0 or not text[place].isspace()}


def _words(text: str, places: set[int]) -> set[int]:
    return {index for index, (start, end) in enumerate(words_of(text)) if any(start <= place < end for place in places)}


def _excerpt(text: str, places: set[int]) -> str:
    return "".join(text[place] if place in places else " " for place in range(min(places), max(places) + 1)) if places else ""


if __name__ == "__main__":
    main()
