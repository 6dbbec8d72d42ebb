from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

pytest.importorskip("torch")

from models.errors import ModelError
from nmt.build import lexicon as module
from nmt.build.corpus import ParallelSet, gathered, load_packed, pack, pack_links, save_packed
from nmt.build.lexicon import aligned_lexicon, count_links, load_lexicon, main, spoken_lexicon
from nmt.build.modelscope import import_model
from nmt.build.vocabulary import BYTES, train_tokenizer
from nmt.bundle import load_manifest
from nmt.config import PLACEHOLDERS
from nmt.shortlist import Lexicon
from nmt.translator import open_translator
from tests.nmt.build.toy import config_of

WORDS = {"猫": "cats", "狗": "dogs", "书": "books", "鸟": "birds"}
TOY = Path(__file__).parents[2] / "data" / "csanmt" / "toy_shared_trained"
SENTENCES = ["我昨天在北京买了三本书。", "他们收到了五封信，然后回家了。"]
PAIRS = [("".join(words), " ".join(WORDS[word] for word in words)) for words in product(WORDS, repeat=3)]
Tokenizers = tuple[Tokenizer, Tokenizer]


def pieces(tokenizer: Tokenizer, ids: Iterable[int]) -> list[str]:
    names = {number: token for token, number in tokenizer.get_vocab().items()}
    return [names[int(number)] for number in ids]


def becomes(lexicon: Lexicon, source: int, target: Tokenizer) -> set[str]:
    return set(pieces(target, lexicon.targets[lexicon.starts[source] : lexicon.starts[source + 1]]))


@pytest.fixture(scope="module")
def tokenizers() -> Tokenizers:
    return (
        train_tokenizer([*(source for source, _ in PAIRS), "abc"], size=300, alphabet=20, source=True),
        train_tokenizer([*(target for _, target in PAIRS), "abc"], size=320, alphabet=30, source=False),
    )


@pytest.fixture
def linked(tokenizers: Tokenizers, tmp_path: Path) -> ParallelSet:
    """Return the pairs, each word linked to the first piece of its translation only."""
    pack(PAIRS, tokenizers, tmp_path / "plain.npz")
    data = load_packed(tmp_path / "plain.npz")
    rows = []
    for row in range(len(data)):
        words = [place for place, piece in enumerate(pieces(tokenizers[1], data.target[row])) if place == 0 or piece.startswith("▁")]
        letters = [place for place, piece in enumerate(pieces(tokenizers[0], data.source[row])) for _ in piece.strip("▁")]
        rows.append(pack_links(set(zip(letters, words, strict=True))))
    return ParallelSet(data.source, data.target, gathered(rows))


def test_a_source_token_becomes_whole_words() -> None:
    data = ParallelSet(*(gathered([np.array(ids, np.uint16)]) for ids in ([5, 6], [1, 2, 3, 4], [0 * 256 + 1, 1 * 256 + 3, 1 * 256 + 2])))
    begins = np.array([False, True, False, True, False])  # words: 1 2, 3 4
    counted = {(int(s), int(t)): int(n) for s, t, n in zip(*count_links(data, begins), strict=True)}
    assert counted == {(5, 1): 1, (5, 2): 1, (6, 3): 1, (6, 4): 1}


def test_a_word_may_become_its_translation_and_no_other(
    linked: ParallelSet, tokenizers: Tokenizers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMON", 0)
    monkeypatch.setattr(module, "LEAST_SHARE", 0.2)
    found = aligned_lexicon(linked, tokenizers)
    [cat] = tokenizers[0].encode("猫猫猫", add_special_tokens=False).ids[-1:]
    allowed = becomes(found, cat, tokenizers[1])
    cats = tokenizers[1].encode("cats", add_special_tokens=False).tokens
    assert {piece.strip("▁") for piece in cats} <= {item.strip("▁") for item in allowed}
    assert not any("dog" in item or "bird" in item for item in allowed)


def test_the_end_and_placeholders_are_always_there(linked: ParallelSet, tokenizers: Tokenizers) -> None:
    assert {"</s>", *PLACEHOLDERS} <= set(pieces(tokenizers[1], aligned_lexicon(linked, tokenizers).always))


def test_what_is_copied_needs_no_alignment(linked: ParallelSet, tokenizers: Tokenizers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMON", 0)
    found = aligned_lexicon(linked, tokenizers)
    assert set(BYTES) <= becomes(found, tokenizers[0].get_vocab()["<0xE4>"], tokenizers[1])
    letters = tokenizers[0].encode("ab", add_special_tokens=False).ids
    assert {"a", "b"} <= set.union(*(becomes(found, letter, tokenizers[1]) for letter in letters))


def test_the_program_writes_what_packaging_reads(linked: ParallelSet, tokenizers: Tokenizers, tmp_path: Path) -> None:
    for name, tokenizer in zip(("source.json", "target.json"), tokenizers, strict=True):
        tokenizer.save(str(tmp_path / name))
    save_packed(linked, tmp_path / "linked.npz")
    files = {"--data": "linked.npz", "--tokenizers": ".", "--output": "lexicon.npz"}
    main([str(item) for flag, name in files.items() for item in (flag, tmp_path / name)])
    written = load_lexicon(tmp_path / "lexicon.npz", config_of(tokenizers))
    assert written.targets.tolist() == aligned_lexicon(linked, tokenizers).targets.tolist()


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    import_model(TOY, tmp_path / "toy", "int8")
    return tmp_path / "toy"


def test_an_imported_model_gets_a_shortlist_of_what_it_says_itself(imported: Path, tmp_path: Path) -> None:
    spoken_lexicon(imported, SENTENCES * 2, 1).save(tmp_path / "lexicon.npz")
    import_model(TOY, tmp_path / "listed", "int8", lexicon=tmp_path / "lexicon.npz")
    plain, listed = (open_translator(bundle, 4, 1) for bundle in (imported, tmp_path / "listed"))
    assert [item.target for item in listed.translate(SENTENCES)] == [item.target for item in plain.translate(SENTENCES)]
    assert listed.signature != plain.signature


def test_a_lexicon_of_another_model_is_an_error_that_says_so(imported: Path, tmp_path: Path) -> None:
    network = load_manifest(imported).network
    shorter = Lexicon(np.arange(3), np.zeros(network.source_vocabulary, np.int64), np.zeros(0, np.int64))
    beyond = Lexicon(np.array([0, network.target_vocabulary]), np.zeros(network.source_vocabulary + 1, np.int64), np.zeros(0, np.int64))
    for wrong in (shorter, beyond):
        wrong.save(tmp_path / "lexicon.npz")
        with pytest.raises(ModelError, match="other vocabularies"):
            load_lexicon(tmp_path / "lexicon.npz", network)
    replace(shorter, always=np.arange(1, 3)).save(tmp_path / "lexicon.npz")
    with pytest.raises(ModelError, match="end of sentence"):
        load_lexicon(tmp_path / "lexicon.npz", network)
    (tmp_path / "lexicon.npz").write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="is no lexicon"):
        load_lexicon(tmp_path / "lexicon.npz", network)
