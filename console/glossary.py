"""The commands that look at glossaries, keep them and explain what they do to a sentence."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.command import Group, open_database, read_settings
from console.options import engine_choice, engine_options, glossary_options, json_option

if TYPE_CHECKING:
    from models.segment import Translation
    from models.terms import Term
    from pipeline.glossary import Match
    from pipeline.settings import Settings
    from pipeline.terms_check import Finding
    from pipeline.terms_rows import Reading

_FILE = click.Path(path_type=Path)
_limit_option = click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="How many to show.")


@click.group(cls=Group)
def glossary() -> None:
    """Look at glossaries, keep them, and see what they do."""


@glossary.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@_limit_option
@json_option
@click.pass_context
def glossary_check(ctx: click.Context, files: tuple[Path, ...], limit: int, as_json: bool) -> None:
    """Show every row of FILE... that cannot be used, and terms that contradict, repeat or overlap each other."""
    from console.format import to_json
    from models.errors import GlossaryError
    from pipeline.terms import read_terms
    from pipeline.terms_check import findings

    readings = {file: read_terms(file) for file in files}
    found = list(findings([term for reading in readings.values() for term in reading.terms]))
    places = [(file, line) for file, reading in readings.items() for line in reading.lines]
    if as_json:
        click.echo(to_json(_check_json(readings, found, places)))
    else:
        _print_check(readings, found, places, limit)
    if any(reading.problems for reading in readings.values()):
        ctx.exit(GlossaryError.exit_code)


@glossary.command("import")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@json_option
def glossary_import(files: tuple[Path, ...], as_json: bool) -> None:
    """Keep each FILE under its name without its suffix, so that --glossary NAME uses it."""
    from console.format import to_json
    from models.glossaries import store_glossary
    from pipeline.terms import load_files

    terms = {file: load_files([file]) for file in files}
    with open_database(read_settings()) as database, database.begin() as session:
        stored = [store_glossary(session, file.stem, found) for file, found in terms.items()]
    rows = [{"name": version.name, "version": version.id, "terms": version.terms, "digest": version.digest} for version in stored]
    click.echo(to_json(rows) if as_json else "\n".join(f"{row['name']}: version {row['version']}, {row['terms']} terms" for row in rows))


@glossary.command("list")
@click.argument("name", required=False)
@json_option
def glossary_list(name: str | None, as_json: bool) -> None:
    """List the glossaries that are kept, or all versions of NAME."""
    from console.format import table, timestamp, to_json
    from models.glossaries import list_glossaries, list_versions

    with open_database(read_settings()) as database, database.begin() as session:
        found = list_versions(session, name) if name else list_glossaries(session)
    rows = [(item.name, item.id, item.terms, timestamp(item.stored_at), item.digest[:12]) for item in found]
    columns = ("name", "version", "terms", "stored", "digest")
    click.echo(to_json([dict(zip(columns, row, strict=True)) for row in rows]) if as_json else table(columns, rows))


@glossary.command("show")
@click.argument("reference", metavar="FILE_OR_NAME")
@_limit_option
@json_option
def glossary_show(reference: str, limit: int, as_json: bool) -> None:
    """Show the terms of a glossary, with --json all of them."""
    from dataclasses import asdict

    from console.format import table, to_json

    terms = _terms(read_settings(), reference)
    if as_json:
        click.echo(to_json([asdict(term) for term in terms]))
        return
    click.echo(table(("source", "target", "flags"), [(term.source, "|".join(term.targets), _flags(term)) for term in terms[:limit]]))
    if len(terms) > limit:
        click.echo(f"and {len(terms) - limit} more; --limit shows them")


@glossary.command("explain")
@click.argument("text")
@engine_options
@glossary_options
@json_option
def glossary_explain(text: str, as_json: bool, **choices: Any) -> None:
    """Show which terms are found in TEXT, by what means they are put in, and its translation with and without them."""
    from console.format import to_json
    from models.terms import GlossaryOptions
    from pipeline.engines import open_engine
    from pipeline.glossary import Glossary
    from pipeline.glossary_engine import GlossaryEngine
    from pipeline.segmenter import split
    from tasks.processes import cores

    if not choices["glossary"]:
        raise click.UsageError("Missing option '--glossary'.")
    settings = read_settings()
    terms = [term for reference in choices["glossary"] for term in _terms(settings, reference)]
    found = Glossary(terms, GlossaryOptions(choices["glossary_mode"]))
    engine = open_engine(engine_choice(settings, choices), cores())
    sources = [piece.text for piece in split(text) if piece.is_segment]
    both = zip(engine.translate(sources), GlossaryEngine(engine, found).translate(sources), strict=True)
    for without, with_terms in both:
        matches = found.match(with_terms.source)
        click.echo(to_json(_explained_json(matches, without, with_terms)) if as_json else _explained(matches, without, with_terms))


def _terms(settings: "Settings", reference: str) -> "Sequence[Term]":
    """Return the terms of a file, or of a glossary that is kept, or raise GlossaryError."""
    from models.glossaries import list_versions, load_terms
    from pipeline.terms import load_files

    if Path(reference).is_file():
        return load_files([Path(reference)])
    with open_database(settings) as database, database.begin() as session:
        return load_terms(session, [list_versions(session, reference)[0].id])


def _flags(term: "Term") -> str:
    """Return the flags of a term as a file has them."""
    words = [word for word, is_set in (("case", term.match_case), ("keep", term.keep), ("forbidden", term.forbidden)) if is_set]
    values = [f"{name}={value}" for name, value in (("priority", term.priority), ("domain", term.domain), ("note", term.note)) if value]
    return ", ".join([*words, *values])


def _check_json(
    readings: "dict[Path, Reading]", found: "Sequence[Finding]", places: Sequence[tuple[Path, int]]
) -> dict[str, list[dict[str, object]]]:
    from models.paths import plain

    problems = [
        {"file": plain(file), "line": problem.line, "column": problem.column, "reason": problem.reason}
        for file, reading in readings.items()
        for problem in reading.problems
    ]
    pairs = [
        {
            "kind": item.kind,
            "text": item.text,
            "at": [f"{plain(places[number][0])}:{places[number][1]}" for number in (item.first, item.second)],
        }
        for item in found
    ]
    return {"problems": [dict(item) for item in problems], "findings": [dict(item) for item in pairs]}


def _print_check(readings: "dict[Path, Reading]", found: "Sequence[Finding]", places: Sequence[tuple[Path, int]], limit: int) -> None:
    from console.format import shown

    for file, reading in readings.items():
        for problem in reading.problems[:limit]:
            click.echo(f"{shown(file)}:{problem.line}:{problem.column}: {problem.reason}")
        click.echo(f"{shown(file)}: {len(reading.terms)} terms, {len(reading.problems)} rows that cannot be used")
    printed: Counter[str] = Counter()
    for item in found:
        printed[item.kind] += 1
        if printed[item.kind] <= limit:
            (file, line), (other, other_line) = places[item.first], places[item.second]
            click.echo(f"{shown(other)}:{other_line}: {item.kind} with {shown(file)}:{line}: {item.text}")
    for kind, count in printed.items():
        click.echo(f"{kind}: {count}" + (f", {limit} of them shown" if count > limit else ""))


def _explained_json(matches: "Sequence[Match]", without: "Translation", with_terms: "Translation") -> dict[str, Any]:
    from console.report import verdict_json

    return {
        "source": with_terms.source,
        "matches": [{"start": match.start, "end": match.end, "source": match.source} for match in matches],
        "terms": [verdict_json(verdict) for verdict in with_terms.verdicts],
        "without": without.target,
        "with": with_terms.target,
        "warnings": with_terms.warnings,
    }


def _explained(matches: "Sequence[Match]", without: "Translation", with_terms: "Translation") -> str:
    from console.format import one_line, table

    rows = [(verdict.source, verdict.target, verdict.outcome, verdict.reason) for verdict in with_terms.verdicts]
    lines = [with_terms.source, table(("term", "target", "verdict", "how"), rows) if matches else "no term is found"]
    lines += [f"without: {one_line(without.target)}", f"with:    {one_line(with_terms.target)}"]
    return "\n".join([*lines, *(f"warning: {code}" for code in with_terms.warnings), ""])
