"""What the environment decides, read once by the entry points and handed on as values."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from models.errors import SettingsError

_PREFIX = "TRANSLATE_DOCS_"


def default_database_url() -> str:
    """Return the URL of the SQLite file in the user's data folder."""
    return f"sqlite:///{_data_folder() / 'translate-docs.sqlite3'}"


def default_model_folder() -> str:
    """Return the folder of installed models in the user's data folder."""
    return str(_data_folder() / "models")


def _data_folder() -> Path:
    from platformdirs import user_data_path  # noqa: PLC0415 - not needed where nothing is left to its default

    return user_data_path("translate-docs", appauthor=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every value can be set as TRANSLATE_DOCS_<NAME>; times are in seconds."""

    database_url: str = field(default_factory=default_database_url)
    broker_url: str | None = None
    model: str | None = None
    # Where installed models are, and the hub that they can be had from.
    model_folder: str = field(default_factory=default_model_folder)
    hub: str = "https://www.modelscope.cn"
    # Processes of a command that has no broker, and of a worker; without it as many as the machine carries.
    workers: int | None = None
    # What a worker loads before its first message; every job names its own.
    engine: str = "csanmt"
    # A worker that dies is replaced after one lease; it renews it three times in that time.
    lease: float = 60.0
    max_attempts: int = 3
    # A message that nothing came of is sent again after this time.
    redispatch: float = 60.0
    # Messages in the broker's queue at once: few, so that cancelling acts fast.
    window: int = 64
    recover_every: float = 30.0
    batch_segments: int = 64
    batch_characters: int = 4000
    # A step that takes longer is taken for stuck: its lease is no longer renewed.
    step_limit: float = 600.0
    # What the file of one document may cost: megabytes of memory, and seconds to read or to write it.
    file_memory: int = 2048
    file_seconds: float = 120.0
    # Documents are read ahead until this many segments wait.
    read_ahead: int = 2000
    # For tests of crashes: POINT[~TEXT]=kill, =fail or =sleep:SECONDS; see tasks/failpoints.py.
    failpoint: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings of `environ` (the process's own by default); an empty variable counts as unset.

        Raises:
            SettingsError: names the variable and says what it should be.
        """
        environ = os.environ if environ is None else environ
        given = {item.name: text for item in fields(cls) if (text := environ.get(_variable(item.name), "").strip())}
        return cls(**{name: _read(name, text) for name, text in given.items()})


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _read(name: str, text: str) -> Any:
    kind, wanted = _KINDS.get(name, (str, ""))
    try:
        value = kind(text)
    except ValueError:
        raise SettingsError(f"{_variable(name)} is {text!r}, but must be {wanted}") from None
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _duration(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


_DURATION: tuple[Callable[[str], Any], str] = (_duration, "a number of seconds above 0")
_COUNT: tuple[Callable[[str], Any], str] = (_count, "a whole number above 0")
_KINDS = {
    **dict.fromkeys(("lease", "redispatch", "recover_every", "step_limit", "file_seconds"), _DURATION),
    **dict.fromkeys(("workers", "max_attempts", "window", "batch_segments", "batch_characters", "read_ahead", "file_memory"), _COUNT),
}
