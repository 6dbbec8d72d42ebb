"""The commands that look at the translation memory, fill it and empty it."""

from pathlib import Path

import click

from console.command import Group, open_database, read_settings
from console.options import json_option

_FILE = click.Path(path_type=Path)
_origin_option = click.option("--origin", type=click.Choice(["machine", "human"]), help="Only what a machine, or people, translated.")


@click.group(cls=Group)
def memory() -> None:
    """Look at the translation memory, fill it or empty it."""


@memory.command("import")
@click.argument("file", type=_FILE)
@click.option("--reviewed", is_flag=True, help="Take also what this program exported as a machine's translation: someone has read it.")
@json_option
def memory_import(file: Path, reviewed: bool, as_json: bool) -> None:
    """Take the translations of FILE (TMX), which stand before any machine's from then on."""
    from console.format import shown, to_json
    from pipeline.exchange import import_memory

    with open_database(read_settings()) as database:
        found = import_memory(database, file, reviewed=reviewed)
    if as_json:
        click.echo(to_json({"stored": found.stored, "machine": found.machine, "long": found.long}))
        return
    click.echo(f"{shown(file)}: {found.stored} entries stored")
    if found.machine:
        click.echo(f"{found.machine} were translated by a machine and left out; --reviewed takes them")
    if found.long:
        click.echo(f"{found.long} are more than one sentence: no document's segment is like them")


@memory.command("export")
@click.argument("file", type=_FILE)
@_origin_option
@json_option
def memory_export(file: Path, origin: str | None, as_json: bool) -> None:
    """Write the memory to FILE (TMX), a new one."""
    from console.format import shown, to_json
    from models.segment import Origin
    from pipeline.exchange import export_memory

    with open_database(read_settings()) as database:
        written = export_memory(database, file, Origin(origin) if origin else None)
    click.echo(to_json({"written": written}) if as_json else f"{shown(file)}: {written} entries")


@memory.command("list")
@click.argument("text", default="")
@_origin_option
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest entries to show.")
@json_option
def memory_list(text: str, origin: str | None, limit: int, as_json: bool) -> None:
    """Show the newest entries, or those that contain TEXT."""
    from console.format import one_line, table, to_json
    from models.entries import newest
    from models.segment import Origin

    with open_database(read_settings()) as database, database.begin() as session:
        found = newest(session, Origin(origin) if origin else None, text, limit)
    if as_json:
        click.echo(to_json([{"source": entry.source, "target": entry.target, "origin": entry.origin.value} for entry in found]))
    else:
        rows = [(entry.origin.value, one_line(entry.source), one_line(entry.target)) for entry in found]
        click.echo(table(("origin", "source", "target"), rows))


@memory.command("stats")
@json_option
def memory_stats(as_json: bool) -> None:
    """Count the entries by who translated them."""
    from console.format import table, to_json
    from models.entries import parts

    with open_database(read_settings()) as database, database.begin() as session:
        rows = [(part.origin.value, part.signature, part.entries) for part in parts(session)]
    columns = ("origin", "signature", "entries")
    click.echo(to_json([dict(zip(columns, row, strict=True)) for row in rows]) if as_json else table(columns, rows))


@memory.command("clear")
@_origin_option
@click.confirmation_option(prompt="Delete translations that may be needed again?")
@json_option
def memory_clear(origin: str | None, as_json: bool) -> None:
    """Delete the entries of the memory."""
    from console.format import to_json
    from models.entries import clear
    from models.segment import Origin

    with open_database(read_settings()) as database, database.begin() as session:
        deleted = clear(session, Origin(origin) if origin else None)
    click.echo(to_json({"deleted": deleted}) if as_json else f"{deleted} entries deleted")
