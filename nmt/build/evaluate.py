"""Scores a bundle on evaluation sets with sacrebleu, beside other systems' outputs that lie there.

A set is `NAME.zh` and `NAME.ref.en` in the folder, another system's output `NAME.SYSTEM.en`.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

from nmt.translator import open_translator


def score(outputs: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """Return BLEU and chrF with sacrebleu's default settings, and their signatures."""
    bleu, chrf = BLEU(), CHRF()
    return {
        "bleu": round(bleu.corpus_score(list(outputs), [list(references)]).score, 2),
        "chrf": round(chrf.corpus_score(list(outputs), [list(references)]).score, 2),
        "signatures": [str(bleu.get_signature()), str(chrf.get_signature())],
    }


def evaluate(bundle: Path | None, folder: Path, name: str, *, beam: int, threads: int) -> dict[str, Any]:
    """Return the scores of the bundle and of the other systems on one set."""
    sources, references = _lines(folder / f"{name}.zh"), _lines(folder / f"{name}.ref.en")
    translator = open_translator(bundle, beam, threads)
    began = time.monotonic()
    translations = translator.translate(sources)
    seconds = time.monotonic() - began
    result: dict[str, Any] = {"set": name, "sentences": len(sources), "seconds": round(seconds, 2)}
    result["translate-docs"] = score([item.target for item in translations], references)
    result["warnings"] = sum(bool(item.warnings) for item in translations)
    for path in sorted(folder.glob(f"{name}.*.en")):
        system = path.name.removeprefix(f"{name}.").removesuffix(".en")
        if system != "ref":
            result[system] = score(_lines(path), references)
    return result


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def main() -> None:
    """Evaluate as the command line says; one JSON object a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", help="names of evaluation sets in the folder")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, help="default: the model that ships")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    for name in options.sets:
        result = evaluate(options.bundle, options.folder, name, beam=options.beam, threads=options.threads)
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
