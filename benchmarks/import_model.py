"""Imports a random checkpoint of a true size, and times what the imported model does.

    python -m benchmarks.import_model base large --precision int8 --folder /tmp

Prints one JSON object a size: seconds and peak memory of the import (in a process of its own, as a multiple of the checkpoint too), size
of the bundle, seconds and peak memory until it is loaded, memory in the end (of its own, and of mapped files), and for outputs of 30 and 60
tokens seconds a sentence and tokens a second at beam 4, one sentence at a time, then 16 together. Random weights do not end a sentence,
so the length limit decides how long an output is. With `--shortlist` the model is imported with a lexicon of the usual size. Linux only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tensor_bundle import write_checkpoint
from nmt.bundle import load_manifest
from nmt.config import NetworkConfig
from nmt.search import SearchOptions, beam_search
from nmt.session import Decoding, Session
from nmt.tokenization import open_tokenizer

VOCABULARY = 50_000
SIZES = {
    "base": NetworkConfig(512, 2048, 8, 24, 4, 3, VOCABULARY, VOCABULARY, shared_embeddings=False),
    "large": NetworkConfig(1024, 4096, 16, 24, 4, 6, VOCABULARY, VOCABULARY, shared_embeddings=True),
}
LENGTHS = ((10, 30), (20, 60))  # source and output tokens; a character of the source is one
BATCH = 16  # sentences searched together, last
SENTENCES = 8
_WORDS = "的一是不了人我在有他这为之大来以个中上们"


def main() -> None:
    """Measure as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="+", choices=SIZES)
    parser.add_argument("--precision", choices=("int8", "fp32"), default="int8")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where the files go while it runs, up to 6 GB; default: the one for temporary files")
    parser.add_argument("--shortlist", action="store_true", help="import the model with a lexicon")
    options = parser.parse_args()
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            result = measure(Path(name), SIZES[size], options)
        chosen = {"size": size, "precision": options.precision, "threads": options.threads, "shortlist": options.shortlist}
        sys.stdout.write(json.dumps(chosen | result) + "\n")
        sys.stdout.flush()


def measure(folder: Path, network: NetworkConfig, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one network."""
    from benchmarks.random_network import random_lexicon  # noqa: PLC0415 - the children must not load what makes networks

    write_model(folder / "model", network)
    checkpoint = sum(path.stat().st_size for path in (folder / "model" / "tf_ckpts").iterdir())
    lexicon = [folder / "lexicon.npz"] if options.shortlist else []
    for path in lexicon:
        random_lexicon(network).save(path)
    imported = child("import", folder / "model", folder / "bundle", options.precision, *lexicon)
    shutil.rmtree(folder / "model")
    bundle = sum(path.stat().st_size for path in (folder / "bundle").iterdir())
    run = child("run", folder / "bundle", str(options.threads))
    return {
        "checkpoint_mb": round(checkpoint / 1e6),
        "import_s": imported["seconds"],
        "import_peak_mb": imported["peak_mb"],
        "import_peak_of_checkpoint": round(imported["peak_mb"] * 1e6 / checkpoint, 2),
        "bundle_mb": round(bundle / 1e6),
        **run,
    }


def child(*arguments: str | Path) -> dict[str, Any]:
    """Run a part of this program in a process of its own, and return what it prints."""
    command = [sys.executable, "-c", "import sys; from benchmarks import import_model; import_model.serve(sys.argv[1:])"]
    output = subprocess.run([*command, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def serve(arguments: list[str]) -> None:
    """Be the child: print figures as JSON."""
    result = timed_import(*arguments[1:]) if arguments[0] == "import" else timed_run(*arguments[1:])
    sys.stdout.write(json.dumps(result))


def timed_import(model: str, bundle: str, precision: str, lexicon: str | None = None) -> dict[str, Any]:
    """Import, and return seconds and peak memory."""
    from nmt.build.modelscope import import_model  # noqa: PLC0415 - the other child must not load what builds models

    started = time.perf_counter()
    import_model(Path(model), Path(bundle), "fp32" if precision == "fp32" else "int8", lexicon=Path(lexicon) if lexicon else None)
    return {"seconds": round(time.perf_counter() - started, 1), "peak_mb": peak()}


def timed_run(bundle: str, threads: str) -> dict[str, Any]:
    """Load a bundle, search with it, and return seconds, tokens a second and peak memory.

    One search a sentence: the translator would search again, since what random weights say goes round in circles.
    """
    manifest = load_manifest(Path(bundle))
    started = time.perf_counter()
    session, tokenizer = Session(manifest, int(threads)), open_tokenizer(manifest)
    result: dict[str, Any] = {"load_s": round(time.perf_counter() - started, 1), "loaded_peak_mb": peak(), "lengths": []}
    options = SearchOptions(4, manifest.penalty, manifest.network.softmax_width)
    for source, target in LENGTHS:
        random = np.random.default_rng(source)
        encoded = tokenizer.encode(["".join(random.choice(list(_WORDS), source)) for _ in range(SENTENCES + 1)])
        found = (beam_search(Decoding(session, session.encode([ids]), 4), [target], options) for ids in encoded)
        next(found)
        processor, started = time.process_time(), time.perf_counter()
        tokens = sum(len(hypotheses[0].tokens) for (hypotheses,) in found)
        seconds = (time.perf_counter() - started) / SENTENCES
        result["lengths"].append(
            {
                "source_tokens": source,
                "output_tokens": tokens / SENTENCES,
                "seconds": round(seconds, 3),
                "cpu_seconds": round((time.process_time() - processor) / SENTENCES, 3),
                "tokens_per_second": round(tokens / SENTENCES / seconds, 1),
            }
        )
    sources = ["".join(np.random.default_rng(row).choice(list(_WORDS), source)) for row in range(BATCH)]
    started = time.perf_counter()
    batch = beam_search(Decoding(session, session.encode(tokenizer.encode(sources)), 4), [target] * BATCH, options)
    result["batch_tokens_per_second"] = round(sum(len(item[0].tokens) for item in batch) / (time.perf_counter() - started), 1)
    return result | {"own_mb": resident("RssAnon"), "mapped_mb": resident("RssFile"), "peak_mb": peak()}


def peak() -> int:
    """Return the greatest resident memory of this process so far, mapped files included, in MB."""
    # Not getrusage(): what that says of a child begins with what its parent had.
    return resident("VmHWM")


def resident(name: str) -> int:
    """Return a figure of the kernel about the memory of this process, in MB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 // 10**6


def write_model(folder: Path, network: NetworkConfig) -> None:
    """Write a folder as ModelScope keeps a model, with random weights."""
    from benchmarks.random_network import random_variables  # noqa: PLC0415 - as above

    (folder / "tf_ckpts").mkdir(parents=True)
    write_checkpoint(folder / "tf_ckpts" / "ckpt-0", random_variables(network))
    characters = [chr(0x4E00 + number) for number in range(20_000)]
    words = ["</s>", *_WORDS, *(f"{character}{suffix}" for suffix in ("", "@@") for character in characters if character not in _WORDS)]
    for name in ("src_vocab.txt", "trg_vocab.txt"):
        (folder / name).write_text("".join(f"{word}\n" for word in words[: VOCABULARY - 2]), encoding="utf-8")
    (folder / "bpe.zh").write_text("#version: 0.2\n的 一</w>\n", encoding="utf-8")
    (folder / "configuration.json").write_text(json.dumps(configuration(network)), encoding="utf-8")


def configuration(network: NetworkConfig) -> dict[str, Any]:
    """Return the configuration that describes the network."""
    model = {
        "type": "csanmt-translation",
        "hidden_size": network.hidden,
        "filter_size": network.filter,
        "num_heads": network.heads,
        "num_encoder_layers": network.encoder_layers,
        "num_semantic_encoder_layers": network.semantic_layers,
        "num_decoder_layers": network.decoder_layers,
        "layer_preproc": "layer_norm",
        "layer_postproc": "none",
        "position_info_type": "absolute",
        "max_relative_dis": network.relative_distance,
        "shared_embedding_and_softmax_weights": True,
        "shared_source_target_embedding": network.shared_embeddings,
        "src_vocab_size": network.source_vocabulary,
        "trg_vocab_size": network.target_vocabulary,
        "beam_size": 4,
        "lp_rate": 0.6,
        "max_decoded_trg_len": 100,
    }
    dataset = {"src_vocab": {"file": "src_vocab.txt"}, "trg_vocab": {"file": "trg_vocab.txt"}}
    return {"model": model, "dataset": dataset, "preprocessor": {"src_lang": "zh", "tgt_lang": "en", "src_bpe": {"file": "bpe.zh"}}}


if __name__ == "__main__":
    main()
