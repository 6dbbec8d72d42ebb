import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.errors import ModelError
from nmt.bundle import MANIFEST, default_bundle
from pipeline.engines import EngineOptions, default_beam, engine_signature, open_engine
from pipeline.placeholders import ProtectingEngine

SIMPLE = ("identity", "pseudo")


def test_identity_returns_its_sources() -> None:
    assert [item.target for item in open_engine(EngineOptions("identity"), 1).translate(["你好", ""])] == ["你好", ""]


def test_pseudo_puts_every_segment_in_brackets_and_accents_latin_letters() -> None:
    assert [item.target for item in open_engine(EngineOptions("pseudo"), 1).translate(["你好", "Open"])] == ["[你好]", "[Õpéñ]"]


@pytest.mark.parametrize("name", SIMPLE)
def test_the_signature_is_known_before_the_engine_is_open(name: str) -> None:
    options = EngineOptions(name)
    assert engine_signature(options) == open_engine(options, 1).signature


def test_engines_with_different_output_have_different_signatures() -> None:
    assert len({engine_signature(EngineOptions(name)) for name in SIMPLE}) == len(SIMPLE)


@pytest.mark.parametrize("function", [engine_signature, lambda options: open_engine(options, 1)])
def test_an_unknown_engine_is_a_model_error_that_names_the_known_ones(function: Callable[[EngineOptions], object]) -> None:
    with pytest.raises(ModelError, match=r"'babel'.*csanmt, identity, pseudo"):
        function(EngineOptions("babel"))


def test_a_missing_bundle_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        engine_signature(EngineOptions("csanmt", str(tmp_path / "nowhere")))


def test_the_beam_is_the_models_unless_chosen(tmp_path: Path) -> None:
    assert default_beam("csanmt", None) == EngineOptions().beam == default_beam("pseudo", None)
    values = json.loads((default_bundle() / MANIFEST).read_text())
    values["decoding"]["beam"] = 7
    (tmp_path / MANIFEST).write_text(json.dumps(values))
    assert default_beam("csanmt", str(tmp_path)) == 7


@pytest.mark.parametrize("placeholders", [False, True])
def test_a_model_that_copies_placeholders_is_given_them(tmp_path: Path, placeholders: bool) -> None:
    bundle = shutil.copytree(default_bundle(), tmp_path / "bundle")
    values = json.loads((bundle / MANIFEST).read_text())
    values["decoding"]["placeholders"] = placeholders
    (bundle / MANIFEST).write_text(json.dumps(values))
    options = EngineOptions("csanmt", str(bundle), 1)
    engine = open_engine(options, 1)
    assert isinstance(engine, ProtectingEngine) == placeholders
    assert engine.signature == engine_signature(options)
