"""The README names what there is."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli import main
from models.errors import TranslateDocsError
from pipeline.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text()


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield " ".join(["translate-docs", *path, name]), command


COMMANDS = dict(commands(main))


def errors(kind: type[TranslateDocsError] = TranslateDocsError) -> Iterator[type[TranslateDocsError]]:
    for child in kind.__subclasses__():
        yield child
        yield from errors(child)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"`{name}[ `]", README)
    assert COMMANDS[name].help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help_and_stands_in_the_readme(name: str) -> None:
    options = [option for option in COMMANDS[name].params if isinstance(option, click.Option)]
    assert all(option.help for option in options)
    missing = [option.opts for option in options if not any(f"`{text}" in README for text in option.opts)]
    assert not missing


def test_every_exit_code_stands_in_the_readme() -> None:
    table = README.partition("## Exit codes")[2].partition("\n## ")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert documented == {0, 1, 2, 130, 141, TranslateDocsError.exit_code} | {error.exit_code for error in errors()}


def test_every_code_of_a_document_stands_in_the_readme() -> None:
    table = README.partition("## What can go wrong")[2].partition("\n## ")[0]
    codes = {error.code for error in errors()} - {"input", "settings", "job"}
    assert [code for code in sorted(codes) if f"`{code}`" not in table] == []


def test_every_setting_stands_in_the_readme() -> None:
    names = {f"TRANSLATE_DOCS_{item.name.upper()}" for item in dataclasses.fields(Settings)} - {"TRANSLATE_DOCS_FAILPOINT"}
    assert [name for name in sorted(names) if f"`{name}`" not in README] == []


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", README)
    assert targets
    assert [target for target in targets if not (Path(__file__).parent.parent / target).exists()] == []
