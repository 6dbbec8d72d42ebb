import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from models.errors import ServiceError
from models.leases import Step
from models.tables import BatchRow, BatchState, DocumentState, JobState
from pipeline.settings import Settings
from tasks.celery import TASK_NAMES, app
from tasks.runtime import check_broker
from tasks.worker import run_worker
from tests.servers import RedisServer, create_postgres_schema, wait_until
from tests.tasks.jobsite import Jobsite, chapter

pytestmark = pytest.mark.redis
StartWorker = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str, redis_server: RedisServer) -> Iterator[Jobsite]:
    made = Jobsite(tmp_path, sqlite_url, redis_server.url)
    yield made
    made.close()


@pytest.fixture
def worker(site: Jobsite) -> Iterator[StartWorker]:
    """Return a function that starts a worker; all of them are killed in the end."""
    started: list[subprocess.Popen[str]] = []

    def start(concurrency: int = 2, **changes: object) -> subprocess.Popen[str]:
        started.append(site.start("worker", str(concurrency), **{"engine": "pseudo", "recover_every": 2.0, "redispatch": 3.0, **changes}))
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a worker and its children, all at once."""
    if process.poll() is None:
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for child in children:
            child.kill()
    process.communicate()


def enqueue(site: Jobsite) -> int:
    process = site.start("enqueue")
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    return int(output)


def is_done(site: Jobsite) -> bool:
    return site.summary().state is not JobState.RUNNING


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_worker_translates_what_was_submitted(
    kind: str, request: pytest.FixtureRequest, site: Jobsite, redis_server: RedisServer
) -> None:
    if kind == "postgres":
        url = create_postgres_schema(request.getfixturevalue("postgres"), "worker")
        request.addfinalizer(site.close)
        site = Jobsite(site.folder, url, redis_server.url)
    site.submit({"a.txt": chapter(1), "b.txt": chapter(2), "bad.docx": "not a zip"})
    worker_of = site.start("worker", "2", engine="pseudo")
    try:
        follower = site.start("follow", "0")
        output, errors = follower.communicate(timeout=60)
        assert (follower.returncode, output, errors) == (0, "started\n", "")
    finally:
        kill(worker_of)
    assert [row.state for row in site.documents()] == [DocumentState.DONE, DocumentState.DONE, DocumentState.FAILED]
    assert "[这是第2章的第0句话。]" in site.outputs()["b.txt"].decode()
    site.check()
    site.close()


@pytest.mark.slow
def test_duplicate_shuffled_and_unknown_messages_do_no_harm(site: Jobsite, worker: StartWorker) -> None:
    site.submit({"a.txt": chapter(1), "b.txt": chapter(2)})
    with app.connection_for_write(site.settings.broker_url) as connection, connection.Producer() as producer:
        for number in (9999, 2, 1, 2, 1, 3, 2, 1):
            for step in (Step.ASSEMBLE, Step.TRANSLATE, Step.PREPARE):
                app.send_task(TASK_NAMES[step], (number,), producer=producer)
    for _ in range(3):
        enqueue(site)
    worker()
    wait_until(lambda: is_done(site), 30)
    assert [row.state for row in site.documents()] == [DocumentState.DONE] * 2
    site.check()


@pytest.mark.slow
def test_messages_that_redis_lost_are_sent_again(site: Jobsite, worker: StartWorker, redis_server: RedisServer) -> None:
    site.submit()
    worker(failpoint="translate=sleep:0.05")
    enqueue(site)
    wait_until(lambda: site.summary().progress.done_segments > 10)
    redis_server.stop()
    redis_server.start()
    wait_until(lambda: is_done(site), 60)
    assert [row.state for row in site.documents()] == [DocumentState.DONE] * 6
    site.check()


@pytest.mark.slow
def test_killed_workers_are_replaced_without_loss(site: Jobsite, worker: StartWorker) -> None:
    site.submit()
    first = worker(failpoint="translate=sleep:0.2", lease=3.0)
    enqueue(site)
    wait_until(lambda: site.summary().progress.done_segments > 4)
    os.kill(psutil.Process(first.pid).children()[0].pid, signal.SIGKILL)
    wait_until(lambda: site.summary().progress.done_segments > 20)
    kill(first)
    worker(lease=3.0)
    wait_until(lambda: is_done(site), 60)
    assert [row.state for row in site.documents()] == [DocumentState.DONE] * 6
    site.check()


@pytest.mark.slow
def test_a_worker_that_crashes_starts_again(site: Jobsite) -> None:
    site.submit({"a.txt": chapter(1)})
    process = site.start("crashing", str(site.folder / "crashed"), engine="pseudo")
    try:
        enqueue(site)
        wait_until(lambda: is_done(site), 30)
        assert (site.folder / "crashed").exists()
        process.terminate()
        assert process.wait(15) == 0
    finally:
        kill(process)


@pytest.mark.slow
def test_a_terminated_worker_gives_its_work_back(site: Jobsite, worker: StartWorker) -> None:
    site.submit({"a.txt": "一句话。"})
    process = worker(concurrency=1, failpoint="translate=sleep:60")
    enqueue(site)
    wait_until(lambda: batch_states(site) == [(BatchState.LEASED, 1)])
    time.sleep(0.5)
    terminated = time.monotonic()
    process.terminate()
    process.communicate(timeout=30)
    assert time.monotonic() - terminated < 9
    wait_until(lambda: batch_states(site) == [(BatchState.PENDING, 0)])


def batch_states(site: Jobsite) -> list[tuple[BatchState, int]]:
    with site.database.begin() as session:
        return [(batch.state, batch.attempts) for batch in session.scalars(select(BatchRow))]


def test_a_broker_that_is_down_is_one_line_without_its_password(tmp_path: Path, sqlite_url: str) -> None:
    site = Jobsite(tmp_path, sqlite_url, "redis://:s3cret@127.0.0.1:1/0")
    site.submit({"a.txt": "一句话。"})
    process = site.start("enqueue")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == ServiceError.exit_code
    assert "127.0.0.1:1" in errors
    assert "s3cret" not in errors
    assert "\n" not in errors
    assert site.summary().state is JobState.RUNNING
    site.settings = Settings(database_url=sqlite_url)
    assert site.resume() == 0
    assert is_done(site)
    site.check()
    site.close()


def test_a_worker_without_a_broker_says_what_to_set() -> None:
    with pytest.raises(ServiceError, match="TRANSLATE_DOCS_BROKER_URL"):
        run_worker(Settings(database_url="sqlite://"))


def test_a_broker_that_answers_passes_the_check(redis_server: RedisServer) -> None:
    check_broker(redis_server.url)
    redis_server.stop()
    with pytest.raises(ServiceError, match="not available"):
        check_broker(redis_server.url)
