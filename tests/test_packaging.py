"""The files around the code: compose, container, CI, wheel."""

import dataclasses
import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from pipeline.settings import Settings

ROOT = Path(__file__).parent.parent


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def complaints(document: dict[str, Any]) -> list[str]:
    schema = json.loads((ROOT / "tests/data/compose/compose-spec.json").read_text())
    return [f"{error.json_path}: {error.message}" for error in Draft201909Validator(schema).iter_errors(document)]


def test_compose_file_follows_the_specification() -> None:
    assert complaints(compose()) == []


def test_specification_would_notice_a_mistake() -> None:
    wrong = compose()
    wrong["services"]["worker"]["comand"] = "worker"
    assert complaints(wrong)


def test_compose_services_are_complete_and_depend_on_each_other() -> None:
    services = compose()["services"]
    assert set(services) == {"redis", "postgres", "migrate", "worker"}
    needed = {name for service in services.values() for name in service.get("depends_on", ())}
    assert needed <= set(services)
    assert all("healthcheck" in services[name] for name in ("redis", "postgres"))


def test_compose_mounts_the_volumes_that_it_declares() -> None:
    document = compose()
    mounted = {mount.partition(":")[0] for service in document["services"].values() for mount in service.get("volumes", ())}
    assert set(document["volumes"]) <= mounted


@pytest.mark.parametrize("name", ["docker-compose.yml", "Dockerfile", "README.md"])
def test_environment_variables_that_are_named_exist(name: str) -> None:
    named = {variable.lower() for variable in re.findall(r"TRANSLATE_DOCS_([A-Z_]+)", (ROOT / name).read_text())}
    assert named
    assert named <= {item.name for item in dataclasses.fields(Settings)}


def test_ci_script_is_sound_and_never_hides_a_failure() -> None:
    script = ROOT / ".ci/run"
    text = script.read_text()
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in text
    assert "|| true" not in text


def test_ci_runs_the_commands_of_contributing() -> None:
    script = (ROOT / ".ci/run").read_text().replace('"$venv/bin/', "").replace('"', "")
    for command in ("ruff check", "ruff format --check", "mypy .", "pytest"):
        assert command in (ROOT / "CONTRIBUTING.md").read_text()
        assert f"\n{command}" in script


def test_every_package_goes_into_the_wheel() -> None:
    included = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    modules = {path.name for path in ROOT.glob("*.py")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert modules | packages <= set(included)
