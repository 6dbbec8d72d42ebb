"""The task that translates a batch."""

import time
from collections.abc import Sequence

from models.alignments import recall_links
from models.leases import Lease, Step
from models.memory import recall
from models.segment import Link, Translation
from models.steps import BatchWork, Translated, finish_batch, load_batch
from pipeline.glossary_store import judged
from tasks.celery import step_task
from tasks.perform import perform
from tasks.runtime import Runtime


@step_task(Step.TRANSLATE)
def translate_batch(batch_id: int) -> None:
    """Translate a batch that nobody else has translated."""
    perform(Step.TRANSLATE, batch_id, _translate)


def _translate(runtime: Runtime, lease: Lease) -> bool:
    started = time.monotonic()
    with runtime.database.begin() as session:
        work = load_batch(session, lease)
    scope = runtime.scope(work.options, work.signature)
    with runtime.database.begin() as session:
        known = judged(recall(session, scope, work.sources).values(), runtime.glossary(work.options))
        known_links = recall_links(session, scope, [(source, known[source].target) for source in work.to_align & known.keys()])
    runtime.failpoint.reach("translate", *work.sources)
    translations = {**known, **_translated(runtime, work, [source for source in work.sources if source not in known])}
    runtime.failpoint.reach("translated")
    links = _aligned(runtime, work, [translations[source] for source in work.sources if source in work.to_align - known_links.keys()])
    runtime.failpoint.reach("aligned")
    result = Translated(list(translations.values()), time.monotonic() - started, links, known_links)
    with runtime.database.begin() as session:
        ready = finish_batch(session, lease, work, scope, result)
    runtime.failpoint.reach("finished")
    return ready


def _translated(runtime: Runtime, work: BatchWork, sources: Sequence[str]) -> dict[str, Translation]:
    if not sources:
        return {}
    translations = runtime.engine(work.options, work.signature).translate(sources)
    return dict(zip(sources, translations, strict=True))


def _aligned(runtime: Runtime, work: BatchWork, translations: Sequence[Translation]) -> dict[tuple[str, str], list[Link]]:
    pairs = [(translation.source, translation.target) for translation in translations]
    if not pairs:
        return {}
    return dict(zip(pairs, runtime.engine(work.options, work.signature).align(pairs), strict=True))
