"""Trains the subword tokenizers of a model: one for the source, one for the target, both BPE with byte fallback.

End of sentence (which is padding too) has id 0, as CSANMT wants it. `⟦1⟧` to `⟦9⟧` are placeholders that a model learns to copy.
"""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from nmt.config import PLACEHOLDERS

END_OF_SENTENCE = "</s>"
BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
SPACE = "▁"  # stands for a blank inside subwords, as in SentencePiece


def source_normalizer() -> normalizers.Normalizer:
    """Return the folding of source text: compatibility characters as NFKC does, blanks only between words that need them."""
    return normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Replace(Regex(r" +(?=\p{Han})"), ""),
            normalizers.Replace(Regex(r"(?<=\p{Han})(?=[A-Za-z0-9])"), " "),
        ]
    )


def train_tokenizer(lines: Iterable[str], *, size: int, alphabet: int, source: bool) -> Tokenizer:
    """Return a tokenizer of `size` entries trained on `lines`.

    Args:
        lines: sentences of one language.
        size: number of entries, bytes and placeholders included.
        alphabet: number of distinct characters kept; others are spelt in UTF-8 bytes.
        source: fold the text with `source_normalizer`; the target is only composed (NFC).
    """
    tokenizer = Tokenizer(models.BPE(byte_fallback=True))
    tokenizer.normalizer = source_normalizer() if source else normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="first", split=True),
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Split(Regex(r"[^\p{L}\p{M}\p{N}▁]"), behavior="isolated"),
            pre_tokenizers.Split(Regex(r"\p{Han}+"), behavior="isolated"),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(content=" ", left=1, right=0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(PLACEHOLDERS),
        limit_alphabet=alphabet,
        special_tokens=[END_OF_SENTENCE, *BYTES],
        max_token_length=16,
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in PLACEHOLDERS])
    return tokenizer


def load_tokenizers(folder: Path) -> tuple[Tokenizer, Tokenizer]:
    """Return the source's and the target's tokenizer that `nmt.build.prepare` wrote to a folder."""
    return Tokenizer.from_file(str(folder / "source.json")), Tokenizer.from_file(str(folder / "target.json"))
