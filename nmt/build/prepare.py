"""Makes training data of corpora: tokenizers, packed training and tuning sets, a sample for calibration, held-out slices."""

import argparse
import json
import logging
from collections.abc import Mapping
from pathlib import Path

from tokenizers import Tokenizer

from nmt.build.corpus import COPIES, DEFAULT_COPIES, GENERAL, WRITTEN, Pair, draw, held_out, pack
from nmt.build.vocabulary import train_tokenizer

LOG = logging.getLogger("prepare")
SOURCE_SIZE, SOURCE_ALPHABET = 12_000, 5_500
TARGET_SIZE, TARGET_ALPHABET = 8_000, 200
TOKENIZER_PAIRS = 400_000
CALIBRATION_LINES = 640  # sources that show which ranges the activations have: see nmt.build.calibrate

# The last part of training: mostly general language, with a little of everything so that nothing is forgotten.
TUNING_COPIES: Mapping[str, float] = dict.fromkeys((*GENERAL, *WRITTEN), 4.0) | dict.fromkeys(
    ("tatoeba", "tatoeba2", "ethereum_org", "opensource_guide", "open_sdg", "bitcoin_org", "d365_projops"), 1.0
)
TUNING_DEFAULT = 0.02


def write_slices(slices: Mapping[str, list[Pair]], output: Path) -> None:
    """Write each held-out slice as `NAME.zh` and `NAME.ref.en`, the form that `nmt.build.evaluate` reads."""
    for name, pairs in slices.items():
        for suffix, side in (("zh", 0), ("ref.en", 1)):
            (output / f"{name}.{suffix}").write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8")


def prepare(folders: list[Path], output: Path) -> dict[str, int]:
    """Write everything to `output` and return the number of pairs in each packed set, and the sizes of the vocabularies."""
    output.mkdir(parents=True, exist_ok=True)
    training = draw(folders, COPIES, DEFAULT_COPIES, seed=1)
    tokenizers = _tokenizers(training, output)
    sample = list(dict.fromkeys(source for source, _ in training[: 2 * CALIBRATION_LINES]))[:CALIBRATION_LINES]
    (output / "calibration.zh").write_text("".join(f"{source}\n" for source in sample), encoding="utf-8")
    sizes = {"train": pack(training, tokenizers, output / "train.npz")}
    sizes["tune"] = pack(draw(folders, TUNING_COPIES, TUNING_DEFAULT, seed=2), tokenizers, output / "tune.npz")
    slices = held_out(folders)
    write_slices(slices, output)
    for name, pairs in slices.items():
        sizes[f"dev-{name}"] = pack(pairs, tokenizers, output / f"dev-{name}.npz")
    names = ("source_vocabulary", "target_vocabulary")
    return sizes | {name: tokenizer.get_vocab_size() for name, tokenizer in zip(names, tokenizers, strict=True)}


def _tokenizers(pairs: list[Pair], output: Path) -> tuple[Tokenizer, Tokenizer]:
    distinct = list(dict.fromkeys(pairs[:TOKENIZER_PAIRS]))
    source = train_tokenizer((pair[0] for pair in distinct), size=SOURCE_SIZE, alphabet=SOURCE_ALPHABET, source=True)
    target = train_tokenizer((pair[1] for pair in distinct), size=TARGET_SIZE, alphabet=TARGET_ALPHABET, source=False)
    source.save(str(output / "source.json"), pretty=False)
    target.save(str(output / "target.json"), pretty=False)
    return source, target


def main() -> None:
    """Prepare as the command line says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="folders of *.tsv.xz")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    LOG.info(json.dumps(prepare(options.folders, options.output)))


if __name__ == "__main__":
    main()
