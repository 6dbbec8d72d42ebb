"""What is known of a segment, in the short texts that the database keeps."""

import json
from collections.abc import Iterable

from models.segment import Link, Verdict

_PER_MILLE = 1000
_CENTI = 100


def links_to_text(links: Iterable[Link]) -> str:
    """Return links as numbers: for each where it starts on both sides (counted from the link before), both lengths, and per mille."""
    parts: list[str] = []
    source = target = 0
    for link in links:
        lengths = (link.source_end - link.source_start, link.target_end - link.target_start)
        numbers = (link.source_start - source, lengths[0], link.target_start - target, lengths[1], round(link.weight * _PER_MILLE))
        parts.append(" ".join(map(str, numbers)))
        source, target = link.source_start, link.target_start
    return ",".join(parts)


def links_from_text(text: str) -> list[Link]:
    """Return the links that links_to_text wrote, their weights rounded."""
    links: list[Link] = []
    source = target = 0
    for part in text.split(",") if text else ():
        source_step, source_length, target_step, target_length, weight = map(int, part.split(" "))
        source, target = source + source_step, target + target_step
        links.append(Link(source, source + source_length, target, target + target_length, weight / _PER_MILLE))
    return links


def scores_to_text(scores: Iterable[float]) -> str:
    """Return log-probabilities as whole hundredths without their sign, which is always the same."""
    return " ".join(str(round(-score * _CENTI)) for score in scores)


def scores_from_text(text: str) -> tuple[float, ...]:
    """Return the log-probabilities that scores_to_text wrote, rounded."""
    return tuple(-int(part) / _CENTI for part in text.split())


def verdicts_to_text(verdicts: Iterable[Verdict]) -> str:
    """Return verdicts as JSON; nothing where there are none."""
    rows = [(verdict.source, verdict.target, verdict.outcome, verdict.reason) for verdict in verdicts]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")) if rows else ""


def verdicts_from_text(text: str) -> tuple[Verdict, ...]:
    """Return the verdicts that verdicts_to_text wrote."""
    return tuple(Verdict(*row) for row in json.loads(text)) if text else ()


def codes_to_text(warnings: Iterable[str]) -> str:
    """Return warning codes joined by commas."""
    return ",".join(warnings)


def codes_from_text(text: str) -> tuple[str, ...]:
    """Return the warning codes that codes_to_text joined."""
    return tuple(text.split(",")) if text else ()
