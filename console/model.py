"""The commands that look at models, get them, carry them to other machines and remove them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.command import Group, read_settings
from console.options import bundle_folder, json_option

if TYPE_CHECKING:
    from nmt.bundle import Manifest

_PATH = click.Path(path_type=Path)
_precision_option = click.option(
    "--precision",
    type=click.Choice(["int8", "fp32"]),
    default="int8",
    show_default=True,
    help="fp32: exact, four times as large, slower.",
)
_name_option = click.option("--name", help="Name to install it under.  [default: its own]")
_force_option = click.option("--force", is_flag=True, help="Replace what is there under this name.")
# Disk space that a bundle takes beside its checkpoint, as a part of the checkpoint's size, with some to spare.
_BUNDLE_SHARE = {"int8": 0.4, "fp32": 1.2}


@click.group(cls=Group)
def model() -> None:
    """Look at models, get them, and carry them to other machines."""


@model.command("list")
@json_option
def model_list(as_json: bool) -> None:
    """List the model that ships and the installed ones."""
    from console.bundles import bundle_rows, bundle_table
    from console.format import to_json
    from nmt.library import bundles

    rows = bundle_rows(bundles(Path(read_settings().model_folder)))
    click.echo(to_json(rows) if as_json else bundle_table(rows))


@model.command("info")
@click.argument("model", required=False)
@json_option
def model_info(model: str | None, as_json: bool) -> None:
    """Show what MODEL is, where it comes from and under which licences: the name of an installed model, or the folder of a bundle."""
    from console.format import to_json
    from console.report import manifest_json, manifest_text
    from nmt.bundle import load_manifest

    manifest = load_manifest(bundle_folder(read_settings(), model))
    click.echo(to_json(manifest_json(manifest)) if as_json else manifest_text(manifest))


@model.command("verify")
@click.argument("model", required=False)
@json_option
def model_verify(model: str | None, as_json: bool) -> None:
    """Check every file of MODEL, an installed model or the folder of a bundle, against its digest."""
    from nmt.bundle import verify

    manifest = verify(bundle_folder(read_settings(), model))
    _print(manifest, f"{manifest.name}: {len(manifest.files)} files are what the manifest says", as_json=as_json)


@model.command("eval")
@click.argument("model")
@click.option("--source", type=_PATH, required=True, metavar="FILE", help="Sentences to translate, one a line.")
@click.option("--reference", type=_PATH, required=True, metavar="FILE", help="Their translations, line by line.")
@click.option("--beam", type=click.IntRange(1, 32), help="Width of the search.  [default: the model's own, mostly 4]")
@json_option
def model_eval(model: str, source: Path, reference: Path, beam: int | None, as_json: bool) -> None:
    """Score MODEL, an installed model or the folder of a bundle, by BLEU and chrF on sentences with a reference translation."""
    from console.evaluation import evaluation, evaluation_text
    from console.format import to_json
    from pipeline.engines import EngineOptions, default_beam

    bundle = str(bundle_folder(read_settings(), model))
    options = EngineOptions("csanmt", bundle, beam or default_beam("csanmt", bundle))
    result = evaluation(options, source, reference)
    click.echo(to_json(result) if as_json else evaluation_text(result))


@model.command("import")
@click.argument("folder", metavar="DIR", type=_PATH)
@click.option(
    "--output", type=_PATH, help="Folder for the bundle; a bundle that is there is replaced.  [default: install it under DIR's name]"
)
@click.option("--lexicon", type=_PATH, metavar="FILE", help="Give it a lexical shortlist: see python -m nmt.build.lexicon.")
@_precision_option
@json_option
def model_import(folder: Path, output: Path | None, lexicon: Path | None, as_json: bool, **choices: Any) -> None:
    """Make a bundle of DIR, a CSANMT model from Chinese to English as ModelScope distributes it."""
    from nmt.build.modelscope import import_model
    from nmt.library import place_for

    place = output or place_for(folder.absolute().name, Path(read_settings().model_folder), replace=True)
    manifest = import_model(folder, place, choices["precision"], lexicon=lexicon)
    _print(manifest, f"{manifest.name}: {len(manifest.files)} files, {manifest.precision}", as_json=as_json)


@model.command("pull")
@click.argument("name", default="csanmt-zh-en")
@click.option("--source", metavar="ID", help="Model on ModelScope.  [default: damo/nlp_csanmt_translation_zh2en]")
@click.option("--revision", help="Branch, tag or commit of it.  [default: master]")
@click.option("--hub", metavar="URL", help="Where ModelScope, or a mirror of it, is.  [default: $TRANSLATE_DOCS_HUB]")
@_precision_option
@_force_option
@json_option
def model_pull(name: str, precision: Any, force: bool, as_json: bool, **choices: str | None) -> None:
    """Download the CSANMT model of Alibaba DAMO from ModelScope, import it, and install it as NAME."""
    from console.transfer import shown_transfer
    from nmt.build.modelscope import import_model, require_packages
    from nmt.hub import MODEL, REVISION, Repository, fetch
    from nmt.library import place_for

    settings = read_settings()
    place = place_for(name, Path(settings.model_folder), replace=force)
    require_packages()
    repository = Repository(choices["hub"] or settings.hub, choices["source"] or MODEL, choices["revision"] or REVISION)
    folder = place.parent / ".downloads" / repository.model.replace("/", "--")
    with shown_transfer() as show:
        fetch(repository, folder, _BUNDLE_SHARE[precision], show)
    manifest = import_model(folder, place, precision, f"{repository.model}, revision {repository.revision}, of {repository.endpoint}")
    shutil.rmtree(folder, ignore_errors=True)
    _print(manifest, f"{name}: {manifest.precision}, in {place}; use it with --model {name}", as_json=as_json)


@model.command("pack")
@click.argument("model")
@click.option("--output", type=_PATH, required=True, metavar="FILE", help="File to write.")
@_force_option
@json_option
def model_pack(model: str, output: Path, force: bool, as_json: bool) -> None:
    """Write MODEL, an installed model or the folder of a bundle, to one file for `model install`."""
    from console.format import file_size, to_json
    from models.paths import plain
    from nmt.pack import pack

    digest = pack(bundle_folder(read_settings(), model), output, replace=force)
    size = output.stat().st_size
    values = {"file": plain(output), "bytes": size, "sha256": digest}
    click.echo(to_json(values) if as_json else f"{output}: {file_size(size)}, SHA-256 {digest}")


@model.command("install")
@click.argument("file", type=_PATH)
@_name_option
@_force_option
@json_option
def model_install(file: Path, name: str | None, force: bool, as_json: bool) -> None:
    """Install the model in FILE, which `model pack` wrote."""
    from nmt.pack import install

    manifest = install(file, Path(read_settings().model_folder), name, replace=force)
    name = manifest.folder.name
    _print(manifest, f"{name}: {manifest.precision}, in {manifest.folder}; use it with --model {name}", as_json=as_json)


@model.command("remove")
@click.argument("name")
@json_option
def model_remove(name: str, as_json: bool) -> None:
    """Remove the installed model NAME."""
    from console.format import to_json
    from nmt.library import remove

    remove(name, Path(read_settings().model_folder))
    click.echo(to_json({"removed": name}) if as_json else f"{name} is removed")


def _print(manifest: "Manifest", line: str, *, as_json: bool) -> None:
    """Print a bundle as JSON, or a line about it."""
    from console.format import to_json
    from console.report import manifest_json

    click.echo(to_json(manifest_json(manifest)) if as_json else line)
