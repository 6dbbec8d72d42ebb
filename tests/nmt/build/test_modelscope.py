"""Imports of ModelScope folders: the same text out as ModelScope's own pipeline gives, and what must not be imported."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.tensor_bundle import write_checkpoint
from models.errors import ModelError, OutputError
from nmt.build.checkpoint import Checkpoint
from nmt.build.modelscope import import_model, read_source
from nmt.bundle import MANIFEST, signature, verify
from nmt.config import NetworkConfig, variable_shapes
from nmt.guards import repeats
from nmt.search import beam_search
from nmt.session import Decoding
from nmt.translator import Translator, open_translator

pytest.importorskip("onnx", reason="importing needs the build extra: pip install -e '.[build]'")
from nmt.build.quantize import Scheme
from nmt.build.writer import Description, write_bundle

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "data" / "csanmt"
SPLIT = "<SENT_SPLIT>"  # ModelScope's pipeline takes several sentences joined by this


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder to change."""
    return shutil.copytree(FOLDER / "toy_sep", tmp_path / "model")


@pytest.fixture(scope="module", params=["toy_shared_trained", "toy_sep"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Translator, list[dict[str, Any]]]:
    folder = FOLDER / request.param
    output = tmp_path_factory.mktemp("imported") / request.param
    import_model(folder, output, "fp32")
    return open_translator(output, 4, 1), json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))


def configure(folder: Path, section: str, **values: object) -> None:
    path = folder / "configuration.json"
    configuration = json.loads(path.read_text())
    configuration[section] = {key: value for key, value in (configuration[section] | values).items() if value is not ...}
    path.write_text(json.dumps(configuration))


def test_text_becomes_the_references_text(imported: tuple[Translator, list[dict[str, Any]]]) -> None:
    translator, cases = imported
    assert len(cases) >= 14
    for case in cases:
        translations = translator.translate(case["text"].split(SPLIT))
        # Where nothing comes out, the reference says nothing, and this program keeps the source with a warning.
        found = SPLIT.join("" if "untranslated" in item.warnings else item.target for item in translations)
        # The reference keeps a hypothesis that goes round in circles or has no end; this program looks for another one.
        if not any(repeats(tokens) or 0 not in tokens for tokens in (rows[0] for rows in case["output_seqs"])):
            assert found == case["translation"]
            np.testing.assert_allclose([item.score for item in translations], [scores[0] for scores in case["output_scores"]], atol=1e-4)


def test_text_becomes_the_references_ids_and_all_its_beams(imported: tuple[Translator, list[dict[str, Any]]]) -> None:
    translator, cases = imported
    for case in cases:
        sources = translator._tokenizer.encode(case["text"].split(SPLIT))
        assert [ids.tolist() for ids in sources] == [[number for number in row if number] for row in case["input_ids"]]
        limits = [translator._limit(len(ids)) for ids in sources]
        found = beam_search(Decoding(translator._session, translator._session.encode(sources), 4), limits, translator._search)
        for hypotheses, tokens, scores in zip(found, case["output_seqs"], case["output_scores"], strict=True):
            expected = [tuple(row[: row.index(0)] if 0 in row else row) for row in tokens]
            assert [item.tokens for item in hypotheses] == expected[: len(hypotheses)]
            np.testing.assert_allclose([item.score for item in hypotheses], scores[: len(hypotheses)], atol=1e-4)
        assert SPLIT.join(translator._tokenizer.decode(hypotheses[0].tokens) for hypotheses in found) == case["translation"]


def test_blank_text_gives_nothing(imported: tuple[Translator, list[dict[str, Any]]]) -> None:
    assert [item.target for item in imported[0].translate(["", " ", "\u3000\n"])] == ["", "", ""]


def test_the_configuration_decides_length_beam_and_penalty(model: Path, tmp_path: Path) -> None:
    configure(model, "model", beam_size=2, lp_rate=1, max_decoded_trg_len=7)
    manifest = import_model(model, tmp_path / "bundle", "fp32")
    assert (manifest.beam, manifest.penalty, manifest.max_target, manifest.max_source) == (2, 1.0, 7, 100)
    translations = open_translator(tmp_path / "bundle", manifest.beam, 1).translate(["我昨天在北京买了三本书。", "我"])
    assert [item.tokens for item in translations] == [7, 7]
    assert all("truncated" in item.warnings for item in translations)


def test_a_bundle_is_whole_and_says_what_it_is(tmp_path: Path) -> None:
    manifest = import_model(FOLDER / "toy_relative", tmp_path / "bundle", "int8")
    assert manifest == verify(tmp_path / "bundle")
    assert (manifest.name, manifest.precision, manifest.tokenizer) == ("bundle", "int8", "jieba-bpe")
    assert manifest.network.relative_positions
    assert set(manifest.files) == {path.name for path in manifest.folder.iterdir()} - {MANIFEST}
    assert manifest.record["licence"]
    (translation,) = open_translator(manifest.folder, 4, 1).translate(["科学家发现了机器翻译系统。"])
    assert translation.target


def test_importing_twice_gives_the_same_model(tmp_path: Path) -> None:
    for name in ("one", "two"):
        import_model(FOLDER / "toy_sep", tmp_path / name, "int8")
    assert signature(tmp_path / "one", 4) == signature(tmp_path / "two", 4)


def test_int8_keeps_what_a_trained_model_says(tmp_path: Path) -> None:
    import_model(FOLDER / "toy_shared_trained", tmp_path / "bundle", "int8")
    cases = json.loads((FOLDER / "toy_shared_trained" / "pipeline.json").read_text(encoding="utf-8"))[:4]
    translations = open_translator(tmp_path / "bundle", 4, 1).translate([case["text"] for case in cases])
    assert [item.target for item in translations] == [case["translation"] for case in cases]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_weights_in_a_file_of_their_own_give_the_same_translations(precision: Any, tmp_path: Path) -> None:
    source = read_source(FOLDER / "toy_shared_trained")
    description = Description("toy", 100, 0.6, {}, "jieba-bpe", 40)
    results = []
    for inline in (2**30, 0):
        output = tmp_path / str(inline)
        write_bundle((source.network, source.variables), source.tokenizer, output, Scheme(precision), description, inline)
        results.append(open_translator(output, 4, 1).translate(["我昨天在北京买了三本书。", "他们收到了五封信，然后回家了。"]))
    assert results[0] == results[1]
    assert {"encoder.onnx.data", "decoder.onnx.data"} <= set(verify(tmp_path / "0").files)
    assert (tmp_path / "0" / "encoder.onnx").stat().st_size < (tmp_path / "0" / "encoder.onnx.data").stat().st_size


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("model", "layer_preproc", "none", r'model\.layer_preproc is "none"; only "layer_norm" is supported'),
        ("model", "layer_postproc", "layer_norm", r"model\.layer_postproc"),
        ("model", "position_info_type", "rotary", r'"rotary"; only "absolute" or "relative"'),
        ("model", "shared_embedding_and_softmax_weights", False, r"is false; only true is supported"),
        ("model", "shared_source_target_embedding", 1, r"model\.shared_source_target_embedding is 1"),
        ("model", "shared_source_target_embedding", True, r"model\.trg_vocab_size is 118; with a shared embedding"),
        ("model", "ffn_activation", "gelu", r'model\.ffn_activation is "gelu"; only "relu"'),
        ("model", "hidden_size", "64", r"model\.hidden_size"),
        ("model", "hidden_size", 65, r"model\.hidden_size is 65; it must be even"),
        ("model", "num_heads", 0, r"model\.num_heads is 0; it must be 1 to 64"),
        ("model", "num_decoder_layers", ..., r"model\.num_decoder_layers is missing"),
        ("model", "beam_size", True, r"model\.beam_size is true"),
        ("model", "lp_rate", float("nan"), r"model\.lp_rate is NaN"),
        ("model", "max_decoded_trg_len", 10**9, r"model\.max_decoded_trg_len"),
        ("preprocessor", "src_lang", "en", r'preprocessor\.src_lang is "en"; only "zh"'),
        ("preprocessor", "tgt_lang", "fr", r"preprocessor\.tgt_lang"),
        ("preprocessor", "src_bpe", ..., r"no section 'preprocessor\.src_bpe'"),
        ("dataset", "src_vocab", {"file": "../src_vocab.txt"}, r"must be the name of a file in the model's folder"),
        ("dataset", "trg_vocab", {"file": "none.txt"}, r"none\.txt cannot be read"),
        ("train", "train_max_len", -1, r"train\.train_max_len is -1"),
    ],
)
def test_a_configuration_that_means_another_network_is_refused(model: Path, section: str, key: str, value: object, message: str) -> None:
    configure(model, section, **{key: value})
    with pytest.raises(ModelError, match=rf"configuration\.json.*{message}|{message}"):
        read_source(model)


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"model": 3}'])
def test_what_is_no_configuration_is_refused(model: Path, text: str) -> None:
    (model / "configuration.json").write_text(text)
    with pytest.raises(ModelError, match=r"configuration\.json"):
        read_source(model)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"configuration\.json cannot be read"):
        read_source(tmp_path)


def test_more_layers_than_the_checkpoint_holds_are_refused(model: Path) -> None:
    configure(model, "model", num_decoder_layers=4)
    with pytest.raises(ModelError, match="no variable NmtModel/decoder/layer_3/"):
        read_source(model)


def test_another_width_than_the_checkpoints_is_refused(model: Path) -> None:
    configure(model, "model", filter_size=256)
    with pytest.raises(ModelError, match=r"input_layer/linear/matrix is float32 \[64, 128\].* wants float32 \[64, 256\]"):
        read_source(model)


def test_a_vocabulary_with_more_tokens_than_embeddings_is_refused(model: Path) -> None:
    with (model / "src_vocab.txt").open("a") as file:
        file.write("more\n" * 30)
    with pytest.raises(ModelError, match=r"src_vocab\.txt has \d+ tokens, but model\.src_vocab_size .* is 106"):
        read_source(model)


def test_an_empty_vocabulary_is_refused(model: Path) -> None:
    (model / "trg_vocab.txt").write_bytes(b"")
    with pytest.raises(ModelError, match=r"trg_vocab\.txt has 0 tokens"):
        read_source(model)


def test_a_checkpoint_that_was_cut_short_is_refused(model: Path) -> None:
    data = model / "tf_ckpts" / "ckpt-0.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(ModelError, match="cut short"):
        read_source(model)


def test_a_folder_without_checkpoint_is_refused(model: Path) -> None:
    shutil.rmtree(model / "tf_ckpts")
    with pytest.raises(ModelError, match="holds no checkpoint"):
        read_source(model)


def test_values_that_are_no_numbers_are_refused_and_leave_nothing_behind(model: Path, tmp_path: Path) -> None:
    entry = Checkpoint(model / "tf_ckpts" / "ckpt-0").entries["NmtModel/decoder/layer_2/ffn_layer/output_layer/linear/matrix"]
    with (model / "tf_ckpts" / "ckpt-0.data-00000-of-00001").open("r+b") as file:
        file.seek(entry.offset)
        file.write(np.float32("nan").tobytes())
    with pytest.raises(ModelError, match=r"layer_2/ffn_layer/output_layer/linear/matrix .*no numbers"):
        import_model(model, tmp_path / "out" / "bundle", "int8")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_checkpoint_may_have_another_name_and_the_latest_step_is_taken(model: Path) -> None:
    for path in list((model / "tf_ckpts").iterdir()):
        for step in (90, 1000):
            shutil.copy(path, path.with_name(path.name.replace("ckpt-0", f"model.ckpt-{step}")))
        path.unlink()
    assert read_source(model).checkpoint == "model.ckpt-1000"


def test_variables_that_no_network_needs_are_ignored(tmp_path: Path) -> None:
    model = shutil.copytree(FOLDER / "toy_sep", tmp_path / "model")
    source = read_source(model)
    tensors = {f"NmtModel/{name}": np.array(value) for name, value in source.variables.items()}
    tensors |= {name.replace("NmtModel/", "NmtModel/NmtModel/") + "/Adam": value for name, value in tensors.items()}
    write_checkpoint(model / "tf_ckpts" / "ckpt-0", sorted(tensors.items()))
    again = read_source(model)
    assert set(again.variables) == set(source.variables)
    np.testing.assert_array_equal(again.variables["encoder_input_bias"], tensors["NmtModel/encoder_input_bias"])


def test_a_folder_that_is_no_bundle_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "important.txt").write_text("text")
    (tmp_path / "file").write_text("text")
    for name in ("letters", "file"):
        with pytest.raises(OutputError, match="is no model bundle"):
            import_model(FOLDER / "toy_sep", tmp_path / name, "int8")
    assert (tmp_path / "letters" / "important.txt").read_text() == "text"


def test_a_bundle_that_is_there_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    for precision in ("int8", "fp32"):
        import_model(FOLDER / "toy_sep", tmp_path / "bundle", "fp32" if precision == "fp32" else "int8")
    assert verify(tmp_path / "bundle").precision == "fp32"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(OutputError, match="cannot be written"):
        import_model(FOLDER / "toy_sep", tmp_path / "file" / "bundle", "int8")


def test_without_the_build_packages_the_error_says_what_to_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['onnx'] = None; from cli import main; main()"
    command = [sys.executable, "-c", program, "model", "import", str(FOLDER / "toy_sep"), "--output", str(tmp_path / "bundle")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 78
    assert result.stderr == "Error: importing a model needs the package onnx: pip install '.[build]', in the folder of the sources\n"


def test_the_large_network_has_the_variables_that_the_specification_counts() -> None:
    large = NetworkConfig(1024, 4096, 16, 24, 4, 6, 50000, 50000, shared_embeddings=True)
    shapes = variable_shapes(large).values()
    assert len(shapes) == 511
    assert sum(int(np.prod(shape)) for shape in shapes) == 569_555_456
