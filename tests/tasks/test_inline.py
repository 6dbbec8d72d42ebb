import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from models.reports import Progress
from models.tables import BatchRow, BatchState, DocumentState, JobState
from pipeline.document import partial_prefix
from tasks.inline import _Helpers, run
from tasks.runtime import Runtime, current
from tests.servers import wait_until
from tests.tasks.jobsite import Jobsite, chapter, descendants, interrupt, wait_for_line


@pytest.fixture
def site(tmp_path: Path, sqlite_url: str) -> Iterator[Jobsite]:
    made = Jobsite(tmp_path, sqlite_url)
    yield made
    made.close()


def states(site: Jobsite) -> list[DocumentState]:
    return [row.state for row in site.documents()]


def expected(site: Jobsite) -> dict[str, bytes]:
    """Translate the same texts undisturbed, into another folder and database, and return what came out."""
    calm = Jobsite(site.folder, f"sqlite:///{site.folder}/calm.sqlite3")
    calm.submit({Path(row.source).name: Path(row.source).read_text(encoding="utf-8") for row in site.documents()}, "calm")
    run(calm.settings, None, 1, lambda progress: None)
    calm.close()
    return calm.outputs("calm")


def test_a_job_runs_to_its_end(site: Jobsite) -> None:
    site.submit()
    heard: list[Progress] = []
    run(site.settings, site.job_id, 1, heard.append)
    assert site.summary().state is JobState.DONE
    assert (heard[-1].finished, heard[-1].done_segments) == (6, 240)
    assert "[这是第0章的第0句话。]" in site.outputs()["0.txt"].decode()
    site.check()


def test_processes_start_only_where_there_is_work_for_them(site: Jobsite, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    monkeypatch.setattr("tasks.inline._help", lambda *_: None)
    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", lambda process: started.append(id(process)))
    monkeypatch.setattr("tasks.inline._end", lambda _: None)
    monkeypatch.setattr("tasks.processes.cores", lambda: 8)
    monkeypatch.setattr("tasks.inline.cores", lambda: 8)
    site.submit({"small.txt": "你好。"})
    run(site.settings, site.job_id, 4, lambda progress: None)
    assert not started
    assert current().threads == 8
    site.submit({"large.txt": chapter(1, sentences=9)}, "large")  # three batches of four sentences at most
    run(site.settings, site.job_id, 4, lambda progress: None)
    assert len(set(started)) == 2
    assert current().threads == 3


def test_where_no_process_can_be_started_the_others_do_the_work(site: Jobsite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise BlockingIOError("too many processes")

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", fail)
    site.submit()
    run(site.settings, site.job_id, 4, lambda progress: None)
    assert states(site) == [DocumentState.DONE] * 6


def test_a_folder_is_translated_by_as_many_processes_as_the_machine_carries(site: Jobsite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.inline.fitting_processes", {250 << 20: 3}.__getitem__)  # asked with what the pseudo engine needs
    site.submit()
    used: list[int] = []

    def helpers(runtime: Runtime, job_id: int | None, most: int) -> _Helpers:
        used.append(most)
        return _Helpers(runtime, job_id, 0)

    monkeypatch.setattr("tasks.inline._Helpers", helpers)
    run(site.settings, site.job_id, None, lambda progress: None)
    assert used == [2]
    assert states(site) == [DocumentState.DONE] * 6


def test_only_the_job_that_was_asked_for_is_run(site: Jobsite) -> None:
    other, mine = site.submit({"other.txt": "别人的。"}), site.submit({"mine.txt": "我的。"})
    run(site.settings, mine, 1, lambda progress: None)
    assert states(site) == [DocumentState.DONE]
    site.job_id = other
    assert states(site) == [DocumentState.NEW]


def test_a_bad_document_does_not_stop_the_others(site: Jobsite) -> None:
    site.submit({"bad.docx": "not a zip", "good.txt": "好的。"})
    run(site.settings, site.job_id, 1, lambda progress: None)
    assert states(site) == [DocumentState.FAILED, DocumentState.DONE]
    assert site.summary().state is JobState.FAILED
    site.check()


def test_a_source_that_vanished_is_reported(site: Jobsite) -> None:
    site.submit({"gone.txt": "再见。"})
    (site.folder / "gone.txt").unlink()
    run(site.settings, site.job_id, 1, lambda progress: None)
    [row] = site.documents()
    assert (row.state, row.error_code) == (DocumentState.FAILED, "unreadable")


def test_what_was_translated_before_comes_from_the_memory(site: Jobsite) -> None:
    site.submit({"a.txt": chapter(1)})
    run(site.settings, site.job_id, 1, lambda progress: None)
    site.submit({"b.txt": chapter(1) + chapter(2, 3)})
    run(site.settings, site.job_id, 1, lambda progress: None)
    [row] = site.documents()
    assert (row.unique_segments, row.known_segments, row.done_segments) == (43, 40, 43)
    site.check()


def test_an_unexpected_error_is_tried_three_times_and_then_reported_in_one_line(site: Jobsite) -> None:
    site.submit({"bad.txt": "坏的。", "good.txt": "好的。"})
    assert site.resume(failpoint="translate~坏的。=fail") == 0
    bad, good = site.documents()
    assert (bad.state, bad.error_code) == (DocumentState.FAILED, "internal")
    assert bad.error == "RuntimeError: failpoint translate (given up after 3 attempts)"
    assert good.state is DocumentState.DONE
    site.check()


@pytest.mark.slow
def test_a_batch_that_kills_its_process_is_given_up_after_three_deaths(site: Jobsite) -> None:
    site.submit({"bad.txt": "坏的。", "good.txt": "好的。"})
    statuses = [site.resume(failpoint="translate~坏的。=kill") for _ in range(4)]
    assert statuses == [-signal.SIGKILL] * 3 + [0]
    bad, good = site.documents()
    assert (bad.state, bad.error_code, good.state) == (DocumentState.FAILED, "crashed", DocumentState.DONE)
    assert site.summary().state is JobState.FAILED
    site.check()


@pytest.mark.slow
def test_no_half_written_file_is_left_of_a_document_that_is_given_up(site: Jobsite) -> None:
    site.submit({"a.txt": "好的。"})
    (site.folder / "out").mkdir()
    for _ in range(3):
        assert site.resume(failpoint="written=kill") == -signal.SIGKILL
    output = site.folder / "out" / "a.txt"
    output.with_name(f"{partial_prefix(output)}0123").touch()
    assert site.resume() == 0
    assert [row.error_code for row in site.documents()] == ["crashed"]
    site.check()


@pytest.mark.slow
@pytest.mark.parametrize("point", ["claimed", "parsed", "translate", "translated", "finished", "written"])
def test_a_crash_at_any_point_is_made_good_by_resume(site: Jobsite, point: str) -> None:
    site.submit({"a.txt": chapter(1, 9)})
    assert site.resume(failpoint=f"{point}=kill") == -signal.SIGKILL
    assert site.resume() == 0
    assert states(site) == [DocumentState.DONE]
    assert site.outputs() == expected(site)
    site.check()


@pytest.mark.slow
def test_ten_kills_at_random_moments_leave_the_outputs_of_an_undisturbed_run(site: Jobsite) -> None:
    site.submit()
    moments = [random.uniform(0, 0.5) for _ in range(10)]
    for moment in moments:
        process = site.start("inline", "0", "1", failpoint="translate=sleep:0.15")
        wait_for_line(process, "started")
        time.sleep(moment)
        process.kill()
        process.communicate()
    assert site.summary().state is JobState.RUNNING, f"killed too late to disturb anything: {moments}"
    assert site.resume() == 0
    assert states(site) == [DocumentState.DONE] * 6
    assert site.outputs() == expected(site)
    site.check()


@pytest.mark.slow
def test_helpers_die_with_their_parent_and_their_work_is_resumed(site: Jobsite) -> None:
    site.submit()
    process = site.start("inline", "0", "3", failpoint="translate=sleep:0.1")
    wait_for_line(process, "started")
    wait_until(lambda: len(descendants(process)) >= 3)
    helpers = descendants(process)
    process.kill()
    process.communicate()
    killed = time.monotonic()
    wait_until(lambda: not any(psutil.pid_exists(helper) for helper in helpers))
    assert time.monotonic() - killed < 2
    assert site.resume(workers=2) == 0
    assert states(site) == [DocumentState.DONE] * 6
    site.check()


@pytest.mark.slow
def test_a_killed_helper_costs_nothing(site: Jobsite) -> None:
    site.submit()
    process = site.start("inline", "0", "3", failpoint="translate=sleep:0.1")
    wait_for_line(process, "started")
    wait_until(lambda: any("spawn_main" in word for child in descendants(process) for word in psutil.Process(child).cmdline()))
    victim = next(child for child in descendants(process) if any("spawn_main" in word for word in psutil.Process(child).cmdline()))
    os.kill(victim, signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert states(site) == [DocumentState.DONE] * 6
    site.check()


@pytest.mark.slow
def test_two_resumes_at_once_share_the_work(site: Jobsite) -> None:
    site.submit()
    processes = [site.start("inline", "0", "1", failpoint="translate=sleep:0.02") for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    for process in processes:
        process.communicate()
    assert states(site) == [DocumentState.DONE] * 6
    site.check()


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_ctrl_c_gives_the_work_back_at_once(site: Jobsite, workers: str) -> None:
    site.submit()
    process = site.start("inline", "0", workers, failpoint="translate=sleep:0.5")
    wait_for_line(process, "started")
    time.sleep(0.3)
    interrupted = time.monotonic()
    interrupt(process)
    _, errors = process.communicate(timeout=20)
    assert time.monotonic() - interrupted < 2
    assert process.returncode == 130
    assert errors == ""
    with site.database.begin() as session:
        rows = session.scalars(select(BatchRow).where(BatchRow.state != BatchState.DONE)).all()
        assert {(row.state, row.attempts) for row in rows} == {(BatchState.PENDING, 0)}
    site.check()
