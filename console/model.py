"""The commands that look at model bundles and make them."""

from pathlib import Path
from typing import Any

import click

from console.command import Group, read_settings
from console.options import bundle_folder, json_option, model_option


@click.group(cls=Group)
def model() -> None:
    """Look at a model bundle, or make one."""


@model.command("info")
@model_option
@json_option
def model_info(model: Path | None, as_json: bool) -> None:
    """Show what a model bundle is, where it comes from and under which licences."""
    from console.format import to_json
    from console.report import manifest_json, manifest_text
    from nmt.bundle import load_manifest

    manifest = load_manifest(bundle_folder(read_settings(), model))
    click.echo(to_json(manifest_json(manifest)) if as_json else manifest_text(manifest))


@model.command("verify")
@model_option
@json_option
def model_verify(model: Path | None, as_json: bool) -> None:
    """Check every file of a model bundle against its digest."""
    from console.format import to_json
    from console.report import manifest_json
    from nmt.bundle import verify

    manifest = verify(bundle_folder(read_settings(), model))
    click.echo(to_json(manifest_json(manifest)) if as_json else f"{manifest.name}: {len(manifest.files)} files are what the manifest says")


@model.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder for the bundle; a bundle that is there is replaced.")
@click.option(
    "--precision",
    type=click.Choice(["int8", "fp32"]),
    default="int8",
    show_default=True,
    help="fp32: exact, four times as large, slower.",
)
@json_option
def model_import(folder: Path, output: Path, as_json: bool, **choices: Any) -> None:
    """Make a bundle of DIR, a CSANMT model from Chinese to English as ModelScope distributes it."""
    from console.format import to_json
    from console.report import manifest_json
    from nmt.build.modelscope import import_model

    manifest = import_model(folder, output, choices["precision"])
    click.echo(to_json(manifest_json(manifest)) if as_json else f"{manifest.name}: {len(manifest.files)} files, {manifest.precision}")
