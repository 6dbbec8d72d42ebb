"""The translation engines that can be chosen with `--engine`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from models.errors import ModelError
from models.segment import Link, Translation
from pipeline.placeholders import ProtectingEngine, protected_signature

if TYPE_CHECKING:
    from nmt.bundle import Manifest


_PROCESS_MEMORY = 250 << 20  # without a model


class Engine(Protocol):
    """Translates; the same source always gives the same translation under the same signature, whatever stands beside it."""

    @property
    def signature(self) -> str:
        """Name everything that a translation depends on: the model's weights and the decoding."""
        ...

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return one translation for each source, in order."""
        ...

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return how the characters of each (source, target) pair relate, whoever translated it; nothing where the engine cannot tell."""
        ...


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Which engine: `bundle` is the folder of a csanmt model (None: the one that ships), `beam` the width of its search."""

    name: str = "csanmt"
    bundle: str | None = None
    beam: int = 4


class IdentityEngine:
    """Returns every text as it is: shows that a document survives the round trip."""

    signature = "identity-1"

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return the sources."""
        return [Translation(source, source, 0.0, len(source)) for source in sources]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return each character linked to itself."""
        return [[Link(place, place + 1, place, place + 1, 1.0) for place in range(len(source))] for source, _ in pairs]


class PseudoEngine:
    """Accents letters and puts brackets around every segment: shows at a glance what is translated, and where it is cut."""

    signature = "pseudo-1"
    _accents = str.maketrans("AEIOUYaeiouycnCN", "ÀÉÎÕÜÝàéîõüýçñÇÑ")

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return the sources, accented and in brackets."""
        return [Translation(source, f"[{source.translate(self._accents)}]", 0.0, len(source) + 2) for source in sources]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return each character linked to its place behind the bracket."""
        return [[Link(place, place + 1, place + 1, place + 2, 1.0) for place in range(len(source))] for source, _ in pairs]


_SIMPLE: dict[str, type[IdentityEngine | PseudoEngine]] = {"identity": IdentityEngine, "pseudo": PseudoEngine}
ENGINE_NAMES = ("csanmt", *_SIMPLE)


def engine_signature(options: EngineOptions) -> str:
    """Return the signature of the engine without loading its model, or raise ModelError."""
    if options.name in _SIMPLE:
        return _SIMPLE[options.name].signature
    _check_name(options)
    from nmt.bundle import signature  # noqa: PLC0415 - the other engines need none of it

    plain = signature(_folder(options), options.beam)
    return protected_signature(plain) if _copies_placeholders(options) else plain


def engine_memory(options: EngineOptions) -> int:
    """Return how many bytes of memory a process takes that works with this engine, or raise ModelError."""
    if options.name in _SIMPLE:
        return _PROCESS_MEMORY
    _check_name(options)
    from nmt.library import size  # noqa: PLC0415 - the other engines need none of it

    return _PROCESS_MEMORY + size(_manifest(options.bundle)) * 3 // 2


def open_engine(options: EngineOptions, threads: int) -> Engine:
    """Load the engine, to compute on this many threads, or raise ModelError."""
    if options.name in _SIMPLE:
        return _SIMPLE[options.name]()
    _check_name(options)
    from nmt.translator import open_translator  # noqa: PLC0415 - onnxruntime takes a while to load

    translator = open_translator(_folder(options), options.beam, threads)
    return ProtectingEngine(translator) if _copies_placeholders(options) else translator


def default_beam(name: str, bundle: str | None) -> int:
    """Return the width of search that an engine's model was made for, or raise ModelError."""
    if name != EngineOptions().name:
        return EngineOptions().beam
    return _manifest(bundle).beam


def _manifest(bundle: str | None) -> "Manifest":
    from nmt.bundle import default_bundle, load_manifest  # noqa: PLC0415 - the other engines need none of it

    return load_manifest(default_bundle() if bundle is None else Path(bundle))


def _copies_placeholders(options: EngineOptions) -> bool:
    return _manifest(options.bundle).placeholders


def _folder(options: EngineOptions) -> Path | None:
    return None if options.bundle is None else Path(options.bundle)


def _check_name(options: EngineOptions) -> None:
    if options.name not in ENGINE_NAMES:
        raise ModelError(f"there is no engine {options.name!r}; choose one of {', '.join(ENGINE_NAMES)}")
