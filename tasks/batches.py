"""The task that translates a batch."""

import time

from models.leases import Lease, Step
from models.memory import recall
from models.steps import finish_batch, load_batch
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
        known = recall(session, work.signature, work.sources)
    unknown = [source for source in work.sources if source not in known]
    runtime.failpoint.reach("translate", *work.sources)
    fresh = runtime.engine(work.options, work.signature).translate(unknown) if unknown else []
    runtime.failpoint.reach("translated")
    with runtime.database.begin() as session:
        ready = finish_batch(session, lease, work, [*known.values(), *fresh], time.monotonic() - started)
    runtime.failpoint.reach("finished")
    return ready
