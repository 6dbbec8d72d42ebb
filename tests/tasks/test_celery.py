from pipeline.settings import Settings
from tasks.celery import TASK_NAMES, app, create_app
from tasks.inline import run as _register_the_tasks  # noqa: F401
from tasks.recover import recover as _register_recovery  # noqa: F401


def test_only_json_is_accepted_and_nothing_is_stored() -> None:
    conf = app.conf
    assert (conf.accept_content, conf.task_serializer, conf.task_ignore_result, conf.result_backend) == (["json"], "json", True, None)


def test_messages_are_acknowledged_late_and_taken_one_by_one() -> None:
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)


def test_remote_control_is_on_since_without_it_a_restart_of_redis_stops_the_worker_for_ever() -> None:
    assert app.conf.worker_enable_remote_control is True


def test_a_message_outlives_the_longest_step() -> None:
    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * app.conf.task_time_limit


def test_every_step_has_its_task() -> None:
    assert {*TASK_NAMES.values(), "translate-docs.recover"} == {name for name in app.tasks if name.startswith("translate-docs.")}


def test_the_broker_comes_from_the_settings() -> None:
    assert create_app(Settings(database_url="sqlite://", broker_url="redis://somewhere/3")).conf.broker_url == "redis://somewhere/3"
