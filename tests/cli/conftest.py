"""A command line with a database and a folder of its own."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main


class Cli:
    """Runs commands in this process."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environment = {"TRANSLATE_DOCS_DATABASE_URL": database_url, "TRANSLATE_DOCS_MODEL_FOLDER": str(folder / "models")}
        self.environment["TRANSLATE_DOCS_WORKERS"] = "1"  # more of them are for the tests that want them
        self.environment |= dict.fromkeys(("TRANSLATE_DOCS_BROKER_URL", "TRANSLATE_DOCS_ENGINE", "TRANSLATE_DOCS_MODEL"), "")

    def __call__(self, *arguments: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner(env=self.environment).invoke(main, [str(argument) for argument in arguments], input=stdin)

    def json(self, *arguments: object) -> Any:
        return json.loads(self(*arguments, "--json").stdout)

    def submit(self, *arguments: object) -> Result:
        return self("submit", "--engine", "pseudo", *arguments)

    def write(self, name: str, text: str = "你好。再见！\n") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def cli(tmp_path: Path, sqlite_url: str) -> Cli:
    return Cli(tmp_path / "work", sqlite_url)
