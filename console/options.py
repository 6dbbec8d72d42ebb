"""The options that several commands share, and what they choose."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from models.document import ReadOptions
from models.terms import GLOSSARY_MODES, GlossaryOptions
from pipeline.engines import ENGINE_NAMES, EngineOptions, default_beam
from pipeline.outputs import DEFAULT_TEMPLATE, check_template

if TYPE_CHECKING:
    from models.database import Database
    from pipeline.settings import Settings
    from pipeline.submission import Request

_F = TypeVar("_F", bound=Callable[..., Any])
_PATH = click.Path(path_type=Path)


def _checked_template(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        return check_template(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _options(*options: Callable[[Any], Any]) -> Callable[[_F], _F]:
    """Return a decorator that adds options to a command, in this order."""

    def add(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
model_option = click.option(
    "--model",
    help="Name of an installed model, or folder of a bundle.  [default: $TRANSLATE_DOCS_MODEL, or the one that ships]",
)
engine_options = _options(
    click.option(
        "--engine",
        type=click.Choice(ENGINE_NAMES),
        help="identity and pseudo are for trials.  [default: $TRANSLATE_DOCS_ENGINE, or csanmt]",
    ),
    model_option,
    click.option("--beam", type=click.IntRange(1, 32), help="Width of the search: 1 is fastest.  [default: the model's own, mostly 4]"),
)
scan_options = _options(
    click.option("--output", type=_PATH, help="Folder for the translations; mirrors the scanned tree.  [default: beside the sources]"),
    click.option("--template", default=DEFAULT_TEMPLATE, show_default=True, callback=_checked_template, help="Name of a translation."),
    click.option(
        "--include", multiple=True, metavar="GLOB", help="Take only paths that match, such as '*.docx' or 'law/*'; may be repeated."
    ),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out paths and folders that match; may be repeated."),
    click.option("--follow-symlinks", is_flag=True, help="Follow symbolic links, which are skipped otherwise."),
)
reading_options = _options(
    click.option("--comments", is_flag=True, help="Word: translate comments too."),
    click.option("--no-properties", is_flag=True, help="Word: leave title, subject and the like as they are."),
    click.option("--no-graphics", is_flag=True, help="Word: leave the text of charts and SmartArt as it is."),
    click.option("--hidden-text", is_flag=True, help="Word: translate text that is marked as hidden."),
    click.option("--accept-revisions", is_flag=True, help="Word: write the document with its tracked changes accepted."),
    click.option(
        "--dnt-style", multiple=True, metavar="NAME", help="Word: leave text in this style or highlight colour as it is; may be repeated."
    ),
    click.option("--keep-encoding", is_flag=True, help="HTML and text: write the encoding that was read instead of UTF-8."),
    click.option("--keep-lines", is_flag=True, help="Text: take every line for a paragraph, also where lines are wrapped at a column."),
)
glossary_options = _options(
    click.option(
        "--glossary", multiple=True, metavar="FILE_OR_NAME", help="Terms to use; may be repeated, and the first wins where two disagree."
    ),
    click.option(
        "--glossary-mode",
        type=click.Choice(GLOSSARY_MODES),
        default="enforce",
        show_default=True,
        help="enforce: by every means, with a warning where a term does not hold; prefer: only steer; report: only look.",
    ),
)
run_options = _options(
    click.option(
        "--workers",
        type=click.IntRange(1, 256),
        help="Processes to use at most where there is no broker; as many as the machine carries, unless given.",
    ),
    click.option("--detach", is_flag=True, help="Do not wait for the end."),
    json_option,
)


def bundle_folder(settings: "Settings", model: str | None) -> Path:
    """Return the folder of the model bundle to use."""
    from nmt.library import find_bundle

    return find_bundle(model or settings.model, Path(settings.model_folder))


def engine_choice(settings: "Settings", choices: dict[str, Any]) -> EngineOptions:
    """Return the engine that the options choose."""
    name = choices["engine"] or settings.engine
    bundle = choices["model"] or settings.model
    folder = str(bundle_folder(settings, bundle).resolve()) if bundle else None
    return EngineOptions(name, folder, choices["beam"] or default_beam(name, folder))


def reading_choice(choices: dict[str, Any]) -> ReadOptions:
    """Return what the options say is text to translate."""
    names = ("comments", "hidden_text", "accept_revisions", "keep_encoding")
    return ReadOptions(
        **{name: choices[name] for name in names},
        properties=not choices["no_properties"],
        graphics=not choices["no_graphics"],
        dnt_styles=choices["dnt_style"],
        rejoin_lines=not choices["keep_lines"],
    )


def make_request(settings: "Settings", database: "Database", choices: dict[str, Any]) -> "Request":
    """Return what the options of `submit` ask for; glossaries are stored, so that the job can be told what it was translated with.

    Raises:
        ModelError: there is no such model.
        GlossaryError: there is no such glossary, or it cannot be used.
    """
    from models.options import JobOptions
    from parsers.registry import PARSERS
    from pipeline.engines import engine_signature
    from pipeline.outputs import OutputRule
    from pipeline.scan import ScanOptions
    from pipeline.submission import Request

    engine = engine_choice(settings, choices)
    job = JobOptions(engine.name, engine.bundle, engine.beam, reading=reading_choice(choices))
    if choices["glossary"]:
        from pipeline.glossary_store import pin

        job = replace(job, glossaries=pin(database, choices["glossary"]), terms=GlossaryOptions(choices["glossary_mode"]))
    outputs = OutputRule(choices["output"] and choices["output"].resolve(), choices["template"], job.lang)
    scan = ScanOptions(frozenset(PARSERS), outputs, choices["include"], choices["exclude"], choices["follow_symlinks"])
    return Request(choices["paths"], scan, job, engine_signature(engine), choices["force"])
