"""Parity with ModelScope's own code on toy checkpoints, in fp32, and what must hold in int8."""

import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nmt.build.checkpoint import Checkpoint
from nmt.build.quantize import Precision, Scheme
from nmt.bundle import load_manifest
from nmt.config import NetworkConfig, variable_shapes
from nmt.search import Hypothesis, Ints, SearchOptions, beam_search
from nmt.session import Decoding, Session, padded_width
from nmt.shortlist import OWN, Lexicon

writer = pytest.importorskip("nmt.build.writer")

FOLDER = Path(__file__).parents[2] / "data" / "csanmt"
NO_HYPOTHESIS = -1e30


@dataclass
class Toy:
    """A toy model in both precisions, and the reference's answers."""

    values: dict[str, Any]
    network: NetworkConfig
    sessions: dict[str, Session]
    cases: list[dict[str, Any]]


def network_of(values: dict[str, Any]) -> NetworkConfig:
    return NetworkConfig(
        hidden=values["hidden_size"],
        filter=values["filter_size"],
        heads=values["num_heads"],
        encoder_layers=values["num_encoder_layers"],
        semantic_layers=values["num_semantic_encoder_layers"],
        decoder_layers=values["num_decoder_layers"],
        source_vocabulary=values["src_vocab_size"],
        target_vocabulary=values["trg_vocab_size"],
        shared_embeddings=values["shared_source_target_embedding"],
        relative_distance=values["max_relative_dis"],
        relative_positions=values["position_info_type"] == "relative",
    )


def answers_of(path: Path) -> list[dict[str, Any]]:
    cases: dict[int, dict[str, Any]] = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            number, name = key.split("/")
            cases.setdefault(int(number), {})[name] = arrays[key]
    return [cases[number] for number in sorted(cases)]


def whole(network: NetworkConfig) -> Lexicon:
    """Return a lexicon that leaves nothing out."""
    return Lexicon(np.arange(network.target_vocabulary), np.zeros(network.source_vocabulary + 1, np.int64), np.zeros(0, np.int64))


def some(network: NetworkConfig) -> Lexicon:
    """Return a lexicon in which a source token s may become s, s + 1 and s + 2, each fifth one anything, and all the first eight tokens."""
    few, all_ = np.arange(3), np.arange(8, network.target_vocabulary)
    becomes = [
        all_ if token % 5 == 0 else np.maximum((token + few) % network.target_vocabulary, 8) for token in range(network.source_vocabulary)
    ]
    return Lexicon(np.arange(8), np.cumsum([0, *map(len, becomes)]), np.concatenate(becomes))


@pytest.fixture(scope="module", params=["toy_shared_trained", "toy_sep", "toy_relative"])
def toy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    folder = FOLDER / request.param
    values = json.loads((folder / "configuration.json").read_text())["model"]
    network = network_of(values)
    checkpoint = Checkpoint(folder / "tf_ckpts" / "ckpt-0")
    variables = {name: np.array(checkpoint.tensor(f"NmtModel/{name}")) for name in variable_shapes(network)}
    sessions = {}
    lexicons = {"": None, "-whole": whole(network), "-some": some(network)}
    precisions: tuple[Precision, ...] = ("fp32", "int8")
    for precision, (kind, lexicon) in product(precisions, lexicons.items()):
        output = tmp_path_factory.mktemp("bundle") / "toy"
        description = writer.Description(request.param, 100, values["lp_rate"], {}, lexicon=lexicon)
        writer.write_bundle((network, variables), {}, output, Scheme(precision), description)
        sessions[precision + kind] = Session(load_manifest(output), 1)
    return Toy(values, network, sessions, answers_of(folder / "answers.npz"))


def hypotheses_of(toy: Toy, case: dict[str, Any], precision: str = "fp32") -> list[list[Hypothesis]]:
    ids = case["input_ids"]
    session = toy.sessions[precision]
    encoded = session.encode(list(ids))
    options = SearchOptions(toy.values["beam_size"], toy.values["lp_rate"], toy.network.softmax_width)
    return beam_search(Decoding(session, encoded, options.beam), [toy.values["max_decoded_trg_len"]] * len(ids), options)


def test_there_are_as_many_variables_as_the_specification_counts(toy: Toy) -> None:
    network = toy.network
    relative = 2 if network.relative_positions else 0
    layers = (12 + relative) * network.encoder_layers + 14 * network.semantic_layers + (26 + relative) * network.decoder_layers
    assert len(variable_shapes(network)) == layers + (11 if network.shared_embeddings else 12)


def test_encoder_and_semantic_vector_are_the_references(toy: Toy) -> None:
    for case in toy.cases:
        encoded = toy.sessions["fp32"].encode(list(case["input_ids"]))
        expected = case["encoder_output"]
        np.testing.assert_allclose(encoded["memory"][:, : expected.shape[1]], expected, atol=1e-5)
        np.testing.assert_allclose(encoded["meaning"], case["semantic_output"].reshape(encoded["meaning"].shape), atol=1e-5)


def test_every_beam_has_the_references_tokens_and_score(toy: Toy) -> None:
    compared = 0
    for case in toy.cases:
        for row, found in enumerate(hypotheses_of(toy, case)):
            expected = [
                (tuple(tokens.tolist()), score)
                for tokens, score in zip(case["output_seqs"][row], case["output_scores"][row], strict=True)
                if score > NO_HYPOTHESIS
            ]
            assert [item.tokens for item in found] == [tokens[: tokens.index(0)] if 0 in tokens else tokens for tokens, _ in expected]
            np.testing.assert_allclose([item.score for item in found], [score for _, score in expected], atol=1e-4)
            compared += len(found)
    assert compared >= 80


def test_int8_stays_close_to_fp32(toy: Toy) -> None:
    for case in toy.cases:
        small, exact = (toy.sessions[name].encode(list(case["input_ids"])) for name in ("int8", "fp32"))
        error = np.linalg.norm(small["memory"] - exact["memory"]) / np.linalg.norm(exact["memory"])
        assert 0 < error < 0.03


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_shortlist_of_everything_changes_nothing(toy: Toy, precision: str) -> None:
    for case in toy.cases:
        for plain, listed in zip(hypotheses_of(toy, case, precision), hypotheses_of(toy, case, f"{precision}-whole"), strict=True):
            assert [item.tokens for item in listed] == [item.tokens for item in plain]
            np.testing.assert_allclose([item.score for item in listed], [item.score for item in plain], atol=1e-4)


def test_nothing_is_said_that_the_shortlist_lacks(toy: Toy) -> None:
    shortlist = toy.sessions["int8-some"].shortlist
    assert shortlist is not None
    said = 0
    for case in toy.cases:
        for source, found in zip(case["input_ids"], hypotheses_of(toy, case, "int8-some"), strict=True):
            assert {token for item in found for token in item.tokens} <= set(shortlist.tokens(source).tolist())
            said += sum(len(item.tokens) for item in found)
    assert said > 100


@pytest.mark.parametrize("name", ["int8", "int8-some"])
def test_int8_does_not_depend_on_the_batch(toy: Toy, name: str) -> None:
    session = toy.sessions[name]
    options = SearchOptions(4, 0.6, toy.network.softmax_width)
    by_width: dict[int, list[Ints]] = {}
    for row in [row for case in toy.cases for row in case["input_ids"] if 0 not in row]:
        by_width.setdefault(padded_width(len(row)), []).append(row)

    def search(sources: list[Ints]) -> list[list[Hypothesis]]:
        return beam_search(Decoding(session, session.encode(sources), 4), [20] * len(sources), options)

    compared = 0
    widths = set()
    for rows in by_width.values():
        widths |= {(len(rows), session.encode([row])[OWN].shape[1]) for row in rows if session.shortlist}
        together = search(rows)
        for row, found in zip(rows, together, strict=True):
            assert search([row]) == [found]
            compared += len(rows) > 1
    assert compared > 6
    assert session.shortlist is None or len(widths) > len({number for number, _ in widths})  # in a batch they differ in width
