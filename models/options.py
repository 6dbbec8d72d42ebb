"""How a job translates: what its submitter chose, kept with the job."""

import json
from dataclasses import asdict, dataclass

from models.document import DEFAULT_OPTIONS, ReadOptions
from models.terms import GlossaryOptions

_DEFAULT_TERMS = GlossaryOptions()


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How a job translates.

    `engine`, `bundle` (an absolute path) and `beam` choose the model, `lang` is the BCP 47 target language. `glossaries` are numbers of
    versions (models.glossaries), the first of which wins where two disagree; `terms` says how they are used.
    """

    engine: str = "csanmt"
    bundle: str | None = None
    beam: int = 4
    lang: str = "en"
    reading: ReadOptions = DEFAULT_OPTIONS
    glossaries: tuple[int, ...] = ()
    terms: GlossaryOptions = _DEFAULT_TERMS

    def to_json(self) -> str:
        """Return the options as JSON; the same options always give the same text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "JobOptions":
        """Return the options of a job; those that were unknown when it was submitted have their defaults."""
        values = json.loads(text)
        reading, terms = ReadOptions.from_json(values.pop("reading", {})), GlossaryOptions(**values.pop("terms", {}))
        return cls(**values | {"reading": reading, "terms": terms, "glossaries": tuple(values.get("glossaries", ()))})
