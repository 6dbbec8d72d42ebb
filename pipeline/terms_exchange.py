"""Glossaries in the exchange formats TBX (terminology) and TMX (translation memories).

Of a TBX entry every Chinese term is a source; its English terms are the target (the first preferred one, or the first), alternatives, and,
where deprecated or superseded, forbidden. Of a TMX unit the Chinese segment is the source, the English one the target.

The files may come from anyone: entities and internal document types are refused, and depth is limited.
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from models.terms import Term
from pipeline.terms_rows import BadFieldError, Reading, row_terms

_DEEPEST = 64  # elements
_ENTRIES = {"termEntry", "conceptEntry", "tu"}
_LANGUAGES = {"langSet", "langSec", "tuv"}
_GROUPS = {"tig", "ntig", "termSec"}
_CODES_IN_TEXT = {"bpt", "ept", "ph", "it", "ut"}  # what TMX inlines is markup, not text
_STATUS = {"deprecatedTerm-admn-sts": "forbidden", "supersededTerm-admn-sts": "forbidden", "admittedTerm-admn-sts": "alternative"}
_READ = {"term", "seg", "note", "descrip", "prop", "termNote"}


class _RefusedError(Exception):
    """The file must not be read on."""


@dataclass
class _Wording:
    line: int
    column: int
    text: str = ""
    status: str = ""


@dataclass
class _Entry:
    line: int
    column: int
    wordings: dict[str, list[_Wording]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


def read_exchange(content: bytes) -> Reading:
    """Return the terms of a TBX or TMX file, and what is wrong in every entry that cannot be used."""
    collector = _Collector()
    try:
        collector.parser.Parse(content, True)
    except expat.ExpatError as error:
        collector.reading.reject(error.lineno, error.offset + 1, f"this is no well-formed XML: {expat.ErrorString(error.code)}")
    except (LookupError, ValueError) as error:  # of the codec that its declaration names
        collector.reading.reject(1, 1, f"its encoding cannot be read ({error}); save it as UTF-8")
    except _RefusedError as error:
        collector.reading.reject(*collector.place, str(error))
    if not collector.has_entries and not collector.reading.problems:
        collector.reading.reject(1, 1, "there is no entry of TBX or TMX in it")
    return collector.reading


class _Collector:
    """Takes the parser's events and turns each entry into terms when it ends."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.has_entries = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SkippedEntityHandler = self._entity
        self._open: list[str] = []
        self._entry: _Entry | None = None
        self._language = ""
        self._kind = ""  # of the element whose text is read
        self._read = ""

    @property
    def place(self) -> tuple[int, int]:
        """Return the line and column of the event at hand."""
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_subset: bool) -> None:
        if has_subset:
            raise _RefusedError("it declares entities or elements of its own, which could harm; remove them from its DOCTYPE")

    def _entity(self, name: str, _is_parameter: bool) -> None:
        raise _RefusedError(f"the entity {name!r} is not declared")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise _RefusedError(f"its elements are nested deeper than {_DEEPEST}")
        if name in _ENTRIES:
            self._entry, self.has_entries, self._language = _Entry(*self.place), True, ""
        elif name in _LANGUAGES:
            self._language = (attributes.get("xml:lang") or attributes.get("lang") or "").lower()[:2]
        if self._entry and name in _READ:
            self._kind, self._read = attributes.get("type", ""), ""
            if name in {"term", "seg"}:
                self._entry.wordings.setdefault(self._language, []).append(_Wording(*self.place))

    def _text(self, text: str) -> None:
        if not _CODES_IN_TEXT & set(self._open[-2:]):
            self._read += text

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self._open.pop()
        if self._entry is None:
            return
        if name in _ENTRIES:
            self._finish(self._entry)
            self._entry = None
        elif name in _READ:
            self._take(self._entry, name)

    def _take(self, entry: _Entry, name: str) -> None:
        """Take the text of an element."""
        text = " ".join(self._read.split())
        own = entry.wordings.get(self._language, [])
        if name in {"term", "seg"}:
            own[-1].text = text
        elif name == "termNote" and own and self._kind == "administrativeStatus":
            own[-1].status = _STATUS.get(text, "")
        elif name == "note":
            entry.facts["note"] = text
        elif self._kind in {"subjectField", "domain"}:
            entry.facts["domain"] = text

    def _finish(self, entry: _Entry) -> None:
        sources, targets = entry.wordings.get("zh", []), entry.wordings.get("en", [])
        if not sources or not targets:
            self.reading.reject(entry.line, entry.column, f"the entry has no {'English' if sources else 'Chinese'} term")
        for source in sources:
            try:
                self.reading.add(source.line, _terms(source, targets, [f"{name}={text}" for name, text in entry.facts.items()]))
            except BadFieldError as error:
                bad = targets[0] if error.field == 1 and targets else source
                self.reading.reject(bad.line, bad.column, str(error))


def _terms(source: _Wording, targets: list[_Wording], flags: list[str]) -> list[Term]:
    """Return the terms of one source with all its targets."""
    allowed = sorted((item for item in targets if item.status != "forbidden"), key=lambda item: item.status == "alternative")
    forbidden = [item for item in targets if item.status == "forbidden"]
    return [*_joined(source, allowed, flags), *_joined(source, forbidden, [*flags, "forbidden"])]


def _joined(source: _Wording, targets: list[_Wording], flags: list[str]) -> list[Term]:
    texts = [item.text.replace("|", "\\|") for item in targets]
    return row_terms([source.text, "|".join(texts), *flags]) if texts else []
