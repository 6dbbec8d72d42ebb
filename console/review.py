"""How the command line shows the segments that someone should look at."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import click

from console.format import one_line, shown, to_json
from console.report import verdict_json
from models.database import Database
from models.review import FlaggedSegment, flagged_segments


def print_flagged(database: Database, job: int, *, as_json: bool) -> None:
    """Print the flagged segments of a job: with JSON an object in each line, else the text under the name of its file."""
    with database.begin() as session:
        # All at once: whoever reads our output may take their time, and the transaction keeps others waiting.
        segments = list(flagged_segments(session, job))
    if as_json:
        for segment in segments:
            click.echo(to_json(flagged_json(segment)))
        return
    for document, group in groupby(segments, key=lambda segment: segment.document):
        click.echo(shown(document))
        for segment in group:
            click.echo("\n".join(flagged_lines(segment)))
    if not segments:
        click.echo("no segment has a warning")


def flagged_json(segment: FlaggedSegment) -> dict[str, Any]:
    """Return a flagged segment as JSON."""
    names = ("document", "output", "source", "target", "warnings", "origin", "score", "projection")
    return {**{name: getattr(segment, name) for name in names}, "terms": [verdict_json(verdict) for verdict in segment.verdicts]}


def flagged_lines(segment: FlaggedSegment) -> Iterator[str]:
    """Yield the lines that show a flagged segment: what is wrong, the source, the target, the terms that do not hold."""
    facts = [", ".join(segment.warnings)]
    facts += [] if segment.score is None else [f"score {segment.score:.2f}"]
    facts += [] if segment.projection is None else [f"formatting {segment.projection:.2f}"]
    yield f"  [{'; '.join(facts)}]"
    yield f"    {one_line(segment.source)}"
    yield f"    {one_line(segment.target or '')}"
    for verdict in segment.verdicts:
        if verdict.outcome == "violated":
            yield f"    {one_line(verdict.source)} = {one_line(verdict.target)}: {one_line(verdict.reason)}"
