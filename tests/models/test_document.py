"""Options of reading travel through JSON."""

import json

import pytest

from models.document import ReadOptions


def test_options_survive_json() -> None:
    options = ReadOptions(comments=True, dnt_styles=("Code", "yellow"))
    assert ReadOptions.from_json(json.loads(json.dumps(options.to_json()))) == options


def test_a_field_that_is_missing_has_its_default_and_an_unknown_one_is_refused() -> None:
    assert ReadOptions.from_json({}) == ReadOptions()
    with pytest.raises(TypeError, match="coments"):
        ReadOptions.from_json({"coments": True})
