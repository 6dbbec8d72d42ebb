"""The engine: sentences in, translations out, the same for a sentence whatever stands beside it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from models.errors import ModelError
from models.segment import Link, Translation, joined
from nmt.alignment import forced_attention, links
from nmt.bundle import default_bundle, signature, verify
from nmt.config import PLACEHOLDERS
from nmt.constraints import MAX_WANTED, constrained_search
from nmt.guards import repeats
from nmt.search import Hypothesis, Ints, SearchOptions, beam_search
from nmt.session import Decoding, Session, padded_width
from nmt.tokenization import Located, Tokenizer, open_tokenizer

BATCH_POSITIONS = 1024  # source positions a batch
_WIDER = 2  # times the beam, for what went wrong
_PLACING_BEAM = 8  # for sentences whose placeholders were lost
_SHORTEST_DIVIDED = 12  # characters: half of a shorter text says too little
_PLACEHOLDER = re.compile("|".join(PLACEHOLDERS))
_CLAUSE_END = re.compile(r"[，、；：,;:\s]")


class Translator:
    """A warm model. Not for use by several threads at once."""

    def __init__(self, session: Session, tokenizer: Tokenizer, beam: int) -> None:
        manifest = session.manifest
        self.signature = signature(manifest.folder, beam)
        self._session = session
        self._tokenizer = tokenizer
        self._max_source = manifest.max_source
        self._placeholders = placeholder_ids(tokenizer) if manifest.placeholders else {}
        self._search = SearchOptions(beam, manifest.penalty, manifest.network.softmax_width)

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        """Return one translation for each source, in order; a blank source gives a blank target.

        Of the hypotheses the best one counts that has an end and does not go round in circles. Warnings: `divided` (too long for the model,
        or wrong as a whole: translated in parts), `truncated` (the model did not end the sentence), `repetition` (it went round in
        circles), `untranslated` (nothing came out; the target is the source).
        """
        lengths = [len(ids) for ids in self._tokenizer.encode(sources)] if sources else []
        parts = [self._parts(source, length) for source, length in zip(sources, lengths, strict=True)]
        known = self._translate_parts(list(dict.fromkeys(part for group in parts for part in group)))
        return [_join(source, [known[part] for part in group]) for source, group in zip(sources, parts, strict=True)]

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        """Return how the characters of each (source, target) pair relate; nothing for a pair that is too long for the model.

        The model is led along the target, whoever wrote it.
        """
        located = [(self._tokenizer.locate_source(source), self._tokenizer.locate_target(target)) for source, target in pairs]
        found: list[list[Link]] = [[] for _ in pairs]
        fitting = [row for row, (source, target) in enumerate(located) if self._fits(source, target)]
        for batch in batches([located[row][0].ids for row in fitting]):
            rows = [fitting[place] for place in batch]
            attention = forced_attention(self._session, [located[row][0].ids for row in rows], [located[row][1].ids for row in rows])
            for row, values in zip(rows, attention, strict=True):
                found[row] = links(*located[row], values)
        return found

    def _fits(self, source: Located, target: Located) -> bool:
        return 0 < len(source.ids) <= self._max_source and 0 < len(target.ids) < self._session.manifest.positions - 1

    def _parts(self, text: str, length: int) -> list[str]:
        """Return a text of so many tokens in parts that the model can take, cut between clauses where there are any."""
        if not text.strip():
            return []
        if length <= self._max_source or len(text) < 2:  # noqa: PLR2004 - one character is the end of it
            return [text]
        halves = _halves(text)
        lengths = [len(ids) for ids in self._tokenizer.encode(halves)]
        return [part for half, length in zip(halves, lengths, strict=True) for part in self._parts(half, length)]

    def _translate_parts(self, texts: list[str]) -> dict[str, Translation]:
        """Translate distinct texts; what went wrong is searched again more widely, and after that in two halves."""
        results = self._search_all(texts, self._search)
        results |= self._search_placed([text for text in texts if not self._is_placed(text, results[text].target)])
        wider = replace(self._search, beam=_WIDER * self._search.beam)
        results |= _sound(self._search_all([text for text in texts if _went_wrong(results[text])], wider))
        halves = {text: _halves(text) for text in texts if _went_wrong(results[text]) and len(text) >= _SHORTEST_DIVIDED}
        parts = self._search_all(list(dict.fromkeys(half for pair in halves.values() for half in pair)), self._search)
        return results | _sound({text: _join(text, [parts[half] for half in pair]) for text, pair in halves.items()})

    def _search_all(self, texts: list[str], search: SearchOptions) -> dict[str, Translation]:
        """Translate distinct texts, longest first, in batches of equal width."""
        encoded = self._tokenizer.encode(texts) if texts else []
        results: dict[str, Translation] = {}
        for rows in batches(encoded):
            sources = [encoded[row] for row in rows]
            decoding = Decoding(self._session, self._session.encode(sources), search.beam)
            found = beam_search(decoding, [self._limit(len(ids)) for ids in sources], search)
            for row, hypotheses in zip(rows, found, strict=True):
                results[texts[row]] = self._chosen(texts[row], hypotheses)
        return results

    def _chosen(self, text: str, hypotheses: Sequence[Hypothesis]) -> Translation:
        """Return the best hypothesis with nothing wrong, or else the best with nothing wrong but its placeholders, or the best."""
        best: Translation | None = None
        for item in hypotheses:
            if item.finished and not repeats(item.tokens):
                result = self._translation(text, item)
                if self._is_placed(text, result.target):
                    return result
                best = best or result
        return best or self._translation(text, hypotheses[0])

    def _is_placed(self, text: str, target: str) -> bool:
        """Return whether a target holds each placeholder of the text just as often."""
        return not self._placeholders or sorted(_PLACEHOLDER.findall(text)) == sorted(_PLACEHOLDER.findall(target))

    def _search_placed(self, texts: list[str]) -> dict[str, Translation]:
        """Translate texts whose placeholders the model lost, doubled or made up; the search says each of them once."""
        results: dict[str, Translation] = {}
        encoded = self._tokenizer.encode(texts) if texts else []
        search = replace(self._search, beam=max(self._search.beam, _PLACING_BEAM))
        for rows in batches(encoded):
            decoding = Decoding(self._session, self._session.encode([encoded[row] for row in rows]), search.beam, MAX_WANTED)
            wishes = [tuple(self._placeholders[name] for name in _PLACEHOLDER.findall(texts[row])) for row in rows]
            limits = [self._limit(len(encoded[row])) for row in rows]
            found = constrained_search(decoding, wishes, limits, search, frozenset(self._placeholders.values()))
            results |= {texts[row]: self._chosen(texts[row], hypotheses) for row, hypotheses in zip(rows, found, strict=True) if hypotheses}
        return results

    def _limit(self, length: int) -> int:
        """Return the greatest number of target tokens for a source of this length."""
        manifest = self._session.manifest
        return min(manifest.positions, 3 * length + 16) if manifest.max_target is None else manifest.max_target

    def _translation(self, source: str, best: Hypothesis) -> Translation:
        target = self._tokenizer.decode(best.tokens)
        if not target:
            return Translation(source, source, best.score, 0, ("untranslated",))
        warnings = [name for name, seen in (("truncated", not best.finished), ("repetition", repeats(best.tokens))) if seen]
        return Translation(source, target, best.score, len(best.tokens), tuple(warnings), best.token_scores)


def placeholder_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Return the target id of each placeholder."""
    return {name: int(tokenizer.locate_target(name).ids[-1]) for name in PLACEHOLDERS}


def _went_wrong(result: Translation) -> bool:
    return "truncated" in result.warnings or "repetition" in result.warnings


def _sound(results: dict[str, Translation]) -> dict[str, Translation]:
    return {text: result for text, result in results.items() if not _went_wrong(result)}


def _halves(text: str) -> list[str]:
    """Return the text cut in two, between clauses where there are any; one half alone where the other would be blank."""
    middle = len(text) // 2
    cuts = (match.end() for match in _CLAUSE_END.finditer(text) if match.end() < len(text))
    cut = min(cuts, key=lambda place: abs(place - middle), default=middle)
    if not text[:cut].strip() or not text[cut:].strip():
        cut = middle
    return [half for half in (text[:cut], text[cut:]) if half.strip()]


def batches(encoded: Sequence[Ints]) -> Iterator[list[int]]:
    """Yield the rows of each batch: sentences of one width only, widest first, within the budget of positions."""
    by_width: dict[int, list[int]] = defaultdict(list)
    for row, ids in enumerate(encoded):
        by_width[padded_width(len(ids))].append(row)
    for width in sorted(by_width, reverse=True):
        rows = sorted(by_width[width], key=lambda row: -len(encoded[row]))
        size = max(1, BATCH_POSITIONS // width)
        for first in range(0, len(rows), size):
            yield rows[first : first + size]


def _join(source: str, parts: Sequence[Translation]) -> Translation:
    if len(parts) == 1:
        return parts[0]
    return joined(source, " ".join(part.target for part in parts), parts, ("divided",) if parts else ())


def open_translator(bundle: Path | None, beam: int, threads: int) -> Translator:
    """Load a bundle (None: the one that ships) after checking its digests.

    Raises:
        ModelError: the bundle is missing, damaged or does not fit together.
    """
    manifest = verify(bundle or default_bundle())
    if beam < 1:
        raise ModelError(f"--beam is {beam}, but must be 1 or more")
    return Translator(Session(manifest, threads), open_tokenizer(manifest), beam)
