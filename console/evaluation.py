"""Scores a model's translations, for `translate-docs model eval`."""

import os
import time
from pathlib import Path
from typing import Any

from models.errors import InputError, ModelError
from pipeline.document import translate_lines
from pipeline.engines import EngineOptions, open_engine


def evaluation(options: EngineOptions, source: Path, reference: Path) -> dict[str, Any]:
    """Return BLEU and chrF of the translation of one file of lines against another, with sacrebleu's signatures.

    Raises:
        ModelError: the model cannot be loaded, or what computes scores is not installed.
        InputError: a file cannot be read, or the two have not as many lines.
    """
    try:
        from nmt.build.evaluate import read_lines, score, signatures
    except ModuleNotFoundError as error:
        raise ModelError("scoring a model needs the package sacrebleu: pip install '.[build]', in the folder of the sources") from error
    sources, references = read_lines(source), read_lines(reference)
    if len(sources) != len(references):
        raise InputError(f"{source} has {len(sources)} lines and {reference} {len(references)}; each needs its reference in the same line")
    engine = open_engine(options, os.cpu_count() or 1)
    began = time.monotonic()
    translations = translate_lines(sources, engine)
    seconds = time.monotonic() - began
    return {
        "signature": engine.signature,
        "sentences": len(sources),
        "with_warnings": sum(bool(item.warnings) for item in translations),
        "seconds": round(seconds, 2),
        **score([item.target for item in translations], references),
        "sacrebleu": dict(zip(("bleu", "chrf"), signatures(), strict=True)),
    }


def evaluation_text(result: dict[str, Any]) -> str:
    """Return what `evaluation` found, for people."""
    return "\n".join(
        [
            f"{result['sentences']} sentences in {result['seconds']:.1f} s, {result['with_warnings']} with warnings",
            f"BLEU {result['bleu']:.2f}  {result['sacrebleu']['bleu']}",
            f"chrF {result['chrf']:.2f}  {result['sacrebleu']['chrf']}",
        ]
    )
