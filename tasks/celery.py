"""The Celery application; `celery -A tasks worker` finds it here."""

from collections.abc import Callable
from typing import Any

from celery import Celery

from models.errors import TranslateDocsError
from models.leases import Step
from pipeline.settings import Settings

QUEUE = "translate"
RECOVER = "translate-docs.recover"
TASK_NAMES = {
    Step.PREPARE: "translate-docs.prepare_document",
    Step.TRANSLATE: "translate-docs.translate_batch",
    Step.ASSEMBLE: "translate-docs.assemble_document",
}

# What each value prevents was measured; docs/architecture.md has the reasons in short.
CONFIGURATION: dict[str, Any] = {
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "result_accept_content": ["json"],
    "task_ignore_result": True,
    "result_backend": None,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "task_retry_on_worker_lost": False,
    "worker_prefetch_multiplier": 1,
    # Without it a worker that acknowledges while Redis is away never consumes again.
    "worker_enable_remote_control": True,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_soft_shutdown_timeout": 5.0,
    # Loading a model may take longer than the four seconds a new child is given by default.
    "worker_proc_alive_timeout": 60.0,
    "task_time_limit": 600,
    "task_soft_time_limit": 540,
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "visibility_timeout": 3600,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "health_check_interval": 25,
        "global_keyprefix": "translate-docs:",
    },
    "task_default_queue": QUEUE,
    "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 1},
    "task_send_sent_event": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "timezone": "UTC",
    "include": ["tasks.documents", "tasks.batches", "tasks.recover"],
}


def create_app(settings: Settings) -> Celery:
    """Return the application for the broker of these settings; without one it can only run tasks in its own process."""
    app = Celery("translate-docs", broker=settings.broker_url or "memory://", set_as_current=False)
    app.conf.update(CONFIGURATION)
    return app


app = create_app(Settings.from_env())


def step_task(step: Step) -> Callable[[Callable[[int], None]], Callable[[int], None]]:
    """Return the decorator that makes a function the task of a step; its `apply` runs it in the calling process."""
    decorator: Callable[[Callable[[int], None]], Callable[[int], None]] = app.task(name=TASK_NAMES[step], throws=(TranslateDocsError,))
    return decorator
