"""The tasks that read a document and that write it."""

import time
from pathlib import Path

from models.alignments import recall_links
from models.leases import Lease, Step
from models.memory import recall
from models.steps import Contents, DocumentWork, finish_assemble, finish_prepare, load_document, load_translations
from pipeline.batching import pack
from pipeline.document import Assembly, Prepared, sweep
from pipeline.glossary_store import judged
from tasks.celery import step_task
from tasks.perform import perform
from tasks.runtime import Runtime


@step_task(Step.PREPARE)
def prepare_document(document_id: int) -> None:
    """Read a new document and cut what is not yet translated into batches."""
    perform(Step.PREPARE, document_id, _prepare)


@step_task(Step.ASSEMBLE)
def assemble_document(document_id: int) -> None:
    """Write a document whose segments are all translated."""
    perform(Step.ASSEMBLE, document_id, _assemble)


def _prepare(runtime: Runtime, lease: Lease) -> bool:
    started = time.monotonic()
    with runtime.database.begin() as session:
        work = load_document(session, lease)
    prepared = runtime.sandbox.prepare(Path(work.source), work.options.reading)
    runtime.failpoint.reach("parsed")
    contents = _contents(runtime, work, prepared)
    with runtime.database.begin() as session:
        return finish_prepare(session, lease, contents, time.monotonic() - started)


def _contents(runtime: Runtime, work: DocumentWork, prepared: Prepared) -> Contents:
    """Return what was read, with what is known of it, the rest in batches."""
    sources = list(dict.fromkeys(prepared.segments))
    scope = runtime.scope(work.options, work.signature)
    with runtime.database.begin() as session:
        known = judged(recall(session, scope, sources).values(), runtime.glossary(work.options))
        links = recall_links(session, scope, [(source, known[source].target) for source in prepared.to_align if source in known])
    complete = {source: known[source] for source in known if source in links or source not in prepared.to_align}
    open_sources = (source for source in sources if source not in complete)
    batches = pack(open_sources, runtime.settings.batch_segments, runtime.settings.batch_characters)
    return Contents(prepared.sha256, len(prepared.segments), sources, complete, batches, prepared.to_align, links, prepared.notes)


def _assemble(runtime: Runtime, lease: Lease) -> bool:
    started = time.monotonic()
    with runtime.database.begin() as session:
        work = load_document(session, lease)
        targets, links = load_translations(session, lease)
    source, output = Path(work.source), Path(work.output)
    sweep(output)
    written = runtime.sandbox.assemble(
        Assembly(source, work.source_sha256 or "", output, work.options.lang, targets, links, work.options.reading)
    )
    runtime.failpoint.reach("written")
    with runtime.database.begin() as session:
        finish_assemble(session, lease, written.sha256, written.placed, time.monotonic() - started)
    return False
