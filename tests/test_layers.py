"""Imports point one way, and every library has one home."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "parsers", "nmt", "pipeline", "tasks", "migrations", "console")
MODULES = sorted([ROOT / "cli.py", *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))])

# What each layer may import of ours.
ALLOWED = {
    "models": {"models"},
    "parsers": {"models", "parsers"},
    "nmt": {"models", "nmt"},
    "pipeline": {"models", "parsers", "nmt", "pipeline"},
    "tasks": {"models", "parsers", "nmt", "pipeline", "tasks"},
    "migrations": {"models", "pipeline"},
    "console": {"models", "parsers", "nmt", "pipeline", "tasks", "console"},
    "cli": {"models", "parsers", "nmt", "pipeline", "tasks", "console", "cli"},
}
HOMES = {
    "ahocorasick_rs": ("pipeline.glossary",),
    "alembic": ("migrations", "models.database"),
    "billiard": ("tasks",),
    "bs4": ("parsers",),
    "celery": ("tasks",),
    "click": ("cli", "console"),
    "docx": ("parsers",),
    "jieba": ("nmt.words",),
    "kombu": ("tasks",),
    "lxml": ("parsers",),
    "markdown_it": ("parsers",),
    "mdit_py_plugins": ("parsers",),
    "numpy": ("nmt",),
    "onnx": ("nmt.build",),
    "onnxruntime": ("nmt",),
    "opencc": ("pipeline.folding",),
    "platformdirs": ("pipeline.settings",),
    "redis": ("tasks",),
    "rich": ("console",),
    "sacrebleu": ("nmt.build",),
    "sacremoses": ("nmt.jieba_tokenizer",),
    "sqlalchemy": ("models", "migrations"),
    "subword_nmt": ("nmt.jieba_tokenizer",),
    "tokenizers": ("nmt",),
    "torch": ("nmt.build",),
    "transformers": ("nmt",),
}
# The commands that make and score a model; they import what they need when they are called.
MAKERS = {
    "console.evaluation": {f"nmt.build.evaluate.{name}" for name in ("read_lines", "score", "signatures")},
    "console.model": {"nmt.build.modelscope.import_model", "nmt.build.modelscope.require_packages"},
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def layer(module: str) -> str:
    return module.partition(".")[0]


def imported(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def within(module: str, home: str) -> bool:
    return home == layer(module) or module == home or module.startswith(f"{home}.")


def layer_violations(module: str, names: set[str]) -> set[str]:
    return {name for name in names if layer(name) in ALLOWED and layer(name) not in ALLOWED[layer(module)]}


def strays(module: str, names: set[str]) -> set[str]:
    return {name for name in names if not any(within(module, home) for home in HOMES.get(name.partition(".")[0], (layer(module),)))}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_one_way(path: Path) -> None:
    assert layer_violations(module_name(path), imported(path)) == set()


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_every_library_is_imported_in_its_home_only(path: Path) -> None:
    assert strays(module_name(path), imported(path)) == set()


@pytest.mark.parametrize("path", [path for path in MODULES if "build" not in path.parts], ids=module_name)
def test_nothing_that_runs_imports_what_builds_models(path: Path) -> None:
    assert {name for name in imported(path) if within(name, "nmt.build")} - MAKERS.get(module_name(path), set()) == set()


def test_a_module_that_broke_the_rules_would_be_found() -> None:
    assert layer_violations("parsers.word", {"nmt.search.search", "models.document.Block"}) == {"nmt.search.search"}
    assert layer_violations("models.jobs", {"console.report.show"}) == {"console.report.show"}
    assert strays("pipeline.scan", {"celery.Celery", "os.path"}) == {"celery.Celery"}
    assert strays("nmt.session", {"torch", "onnxruntime"}) == {"torch"}


def test_every_layer_is_looked_at() -> None:
    assert {layer(module_name(path)) for path in MODULES} == set(ALLOWED)
