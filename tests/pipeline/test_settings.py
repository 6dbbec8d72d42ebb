import pytest

from models.errors import SettingsError
from pipeline.settings import Settings


def test_without_an_environment_everything_has_a_default() -> None:
    settings = Settings.from_env({})
    assert settings.database_url.startswith("sqlite:///")
    assert settings.database_url.endswith("translate-docs.sqlite3")
    assert (settings.broker_url, settings.model, settings.lease, settings.max_attempts) == (None, None, 60.0, 3)


def test_every_value_can_be_set() -> None:
    settings = Settings.from_env(
        {"TRANSLATE_DOCS_DATABASE_URL": "sqlite:///x", "TRANSLATE_DOCS_LEASE": "1.5", "TRANSLATE_DOCS_WINDOW": "7"}
    )
    assert (settings.database_url, settings.lease, settings.window) == ("sqlite:///x", 1.5, 7)


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.from_env({"TRANSLATE_DOCS_BROKER_URL": " ", "TRANSLATE_DOCS_LEASE": ""}) == Settings.from_env({})


@pytest.mark.parametrize(
    ("name", "text"),
    [("LEASE", "soon"), ("LEASE", "0"), ("LEASE", "inf"), ("LEASE", "nan"), ("MAX_ATTEMPTS", "0"), ("WINDOW", "2.5"), ("READ_AHEAD", "-1")],
)
def test_a_bad_value_is_one_error_that_names_the_variable(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"TRANSLATE_DOCS_{name} is '{text}', but must be"):
        Settings.from_env({f"TRANSLATE_DOCS_{name}": text})
