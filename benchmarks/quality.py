"""Scores a model as a user meets it, lines split into sentences and put together again, beside other systems' outputs.

    python -m benchmarks.quality EVAL flores-dev wmt17

Prints one JSON object a set; the format of a set is in nmt/build/evaluate.py.
"""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

from nmt.build.evaluate import evaluate, signatures
from pipeline.document import translate_lines
from pipeline.engines import EngineOptions, open_engine


def main() -> None:
    """Score as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+", help="names of evaluation sets in the folder")
    parser.add_argument("--bundle", help="default: the model that ships")
    parser.add_argument("--beam", type=int, default=4)
    options = parser.parse_args()
    engine = open_engine(EngineOptions("csanmt", options.bundle, options.beam), os.cpu_count() or 1)
    sys.stdout.write(json.dumps({"signature": engine.signature, "sacrebleu": signatures()}) + "\n")
    for name in options.sets:
        warnings: Counter[str] = Counter()

        def translate(lines: list[str], seen: Counter[str] = warnings) -> list[str]:
            results = translate_lines(lines, engine)
            seen.update(warning for item in results for warning in item.warnings)
            return [item.target for item in results]

        result = evaluate(options.folder, name, translate)
        sys.stdout.write(json.dumps(result | {"warnings": dict(warnings)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
