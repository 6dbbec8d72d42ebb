"""The tasks that read a document and that write it."""

import time
from pathlib import Path

from models.leases import Lease, Step
from models.memory import recall
from models.steps import Contents, finish_assemble, finish_prepare, load_document, load_translations
from pipeline.batching import pack
from pipeline.document import assemble, prepare
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
    prepared = prepare(Path(work.source))
    runtime.failpoint.reach("parsed")
    sources = list(dict.fromkeys(prepared.segments))
    with runtime.database.begin() as session:
        known = recall(session, work.signature, sources)
    unknown = (source for source in sources if source not in known)
    batches = pack(unknown, runtime.settings.batch_segments, runtime.settings.batch_characters)
    contents = Contents(prepared.sha256, len(prepared.segments), sources, known, batches)
    with runtime.database.begin() as session:
        return finish_prepare(session, lease, contents, time.monotonic() - started)


def _assemble(runtime: Runtime, lease: Lease) -> bool:
    started = time.monotonic()
    with runtime.database.begin() as session:
        work = load_document(session, lease)
        translations = load_translations(session, lease)
    output = Path(work.output)
    sweep(output)
    digest = assemble(Path(work.source), work.source_sha256 or "", output, work.options.lang, translations)
    runtime.failpoint.reach("written")
    with runtime.database.begin() as session:
        finish_assemble(session, lease, digest, time.monotonic() - started)
    return False


def sweep(output: Path) -> None:
    """Delete the half-written files that killed processes left beside an output."""
    prefix = f".{output.name[:100]}.part-"
    for partial in output.parent.glob(".*.part-*"):
        if partial.name.startswith(prefix):
            partial.unlink(missing_ok=True)
