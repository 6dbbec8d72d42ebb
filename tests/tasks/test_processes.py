import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks import processes
from tasks.processes import cores, fitting_processes, is_gone, memory, owner_name, share_of_cores


def test_this_process_is_not_gone() -> None:
    assert not is_gone(owner_name())


def test_a_process_that_ended_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(owner_name().replace(f":{os.getpid()}:", f":{ended.pid}:"))


def test_another_process_with_the_same_number_is_not_the_one_meant() -> None:
    assert is_gone(owner_name() + "0")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells zombies apart")
def test_a_killed_process_that_nobody_has_waited_for_is_gone() -> None:
    program = "from tasks.processes import owner_name; print(owner_name(), flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert not is_gone(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(name)
    child.communicate()


@pytest.mark.parametrize("owner", ["elsewhere:1:1", "", ":", "nonsense"])
def test_of_what_it_does_not_know_nothing_is_certain(owner: str) -> None:
    assert not is_gone(owner)


def test_a_name_without_a_start_time_says_nothing_certain() -> None:
    assert not is_gone(owner_name().rpartition(":")[0])


@pytest.mark.parametrize(("cores", "gigabytes", "each", "count"), [(4, 64, 1, 4), (4, 6, 1, 3), (4, 1, 1, 1), (1, 64, 1, 1), (8, 16, 3, 2)])
def test_processes_fit_cores_and_memory(monkeypatch: pytest.MonkeyPatch, cores: int, gigabytes: int, each: int, count: int) -> None:
    monkeypatch.setattr(processes, "cores", lambda: cores)
    monkeypatch.setattr(processes, "memory", lambda: gigabytes << 30)
    assert fitting_processes(each << 30) == count


@pytest.mark.parametrize(("cores", "processes_", "threads"), [(2, 2, 1), (8, 1, 8), (8, 7, 1), (24, 16, 2), (1, 3, 1)])
def test_threads_use_the_cores_that_processes_leave(monkeypatch: pytest.MonkeyPatch, cores: int, processes_: int, threads: int) -> None:
    monkeypatch.setattr(processes, "cores", lambda: cores)
    assert share_of_cores(processes_) == threads


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder of control groups in which there is nothing yet, for a process in the group /a/b."""
    (tmp_path / "own").write_text("5:cpu,cpuacct:/old\n4:memory:/old\n0::/a/b\n")
    monkeypatch.setattr(processes, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(processes, "_OWN_GROUPS", tmp_path / "own")
    return tmp_path / "groups"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("name", ["a/b/memory.max", "a/memory.max", "memory.max", "memory/old/memory.limit_in_bytes"])
def test_memory_is_what_the_control_groups_allow(groups: Path, name: str) -> None:
    whole = memory()
    write(groups / name, "max\n")
    assert memory() == whole
    write(groups / name, "123456\n")
    assert memory() == 123456


def test_cores_are_what_the_control_groups_allow(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(32)), raising=False)
    assert cores() == 32
    write(groups / "a/b/cpu.max", "max 100000\n")
    assert cores() == 32
    write(groups / "a/cpu.max", "250000 100000\n")
    assert cores() == 3
    write(groups / "cpu/old/cpu.cfs_quota_us", "-1\n")
    write(groups / "cpu/old/cpu.cfs_period_us", "100000\n")
    assert cores() == 3
    write(groups / "cpu/old/cpu.cfs_quota_us", "200000\n")
    assert cores() == 2
