import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks import processes
from tasks.processes import fitting_processes, is_gone, memory, owner_name


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


@pytest.mark.parametrize(
    ("cores", "gigabytes", "each", "count"), [(4, 64, 1, 4), (4, 6, 1, 3), (4, 1, 1, 1), (64, 512, 1, 16), (1, 64, 1, 1), (8, 16, 3, 2)]
)
def test_processes_fit_cores_and_memory(monkeypatch: pytest.MonkeyPatch, cores: int, gigabytes: int, each: int, count: int) -> None:
    monkeypatch.setattr(processes, "cores", lambda: cores)
    monkeypatch.setattr(processes, "memory", lambda: gigabytes << 30)
    assert fitting_processes(each << 30) == count


def test_memory_is_what_the_control_group_allows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "_GROUP_LIMITS", (tmp_path / "limit",))
    whole = memory()
    (tmp_path / "limit").write_text("max\n")
    assert memory() == whole
    (tmp_path / "limit").write_text("123456\n")
    assert memory() == 123456
