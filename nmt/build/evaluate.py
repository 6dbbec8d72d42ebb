"""Scores translations of evaluation sets with sacrebleu, beside other systems' outputs that lie there.

A set is `NAME.zh` and `NAME.ref.en` (or `NAME.en`) in a folder, another system's output `NAME.SYSTEM.en`.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

from models.errors import UnreadableFileError


def score(outputs: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Return BLEU and chrF with sacrebleu's default settings."""
    bleu, chrf = BLEU(), CHRF()
    return {
        "bleu": round(bleu.corpus_score(list(outputs), [list(references)]).score, 2),
        "chrf": round(chrf.corpus_score(list(outputs), [list(references)]).score, 2),
    }


def signatures() -> list[str]:
    """Return sacrebleu's signatures of the two metrics."""
    bleu, chrf = BLEU(), CHRF()
    score_once = ["a b c d"]
    bleu.corpus_score(score_once, [score_once])
    chrf.corpus_score(score_once, [score_once])
    return [str(bleu.get_signature()), str(chrf.get_signature())]


def evaluate(folder: Path, name: str, translate: Callable[[list[str]], list[str]]) -> dict[str, Any]:
    """Return the scores of `translate` and of the other systems on one set, and the seconds that translating took."""
    reference = folder / f"{name}.ref.en"
    sources, references = read_lines(folder / f"{name}.zh"), read_lines(reference if reference.exists() else folder / f"{name}.en")
    began = time.monotonic()
    outputs = translate(sources)
    seconds = time.monotonic() - began
    systems = {"translate-docs": score(outputs, references)}
    for path in sorted(folder.glob(f"{name}.*.en")):
        system = path.name.removeprefix(f"{name}.").removesuffix(".en")
        if system != "ref":
            systems[system] = score(read_lines(path), references)
    return {"set": name, "sentences": len(sources), "seconds": round(seconds, 2), "systems": systems}


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file.

    Raises:
        UnreadableFileError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"{path} is not UTF-8; convert it") from error
