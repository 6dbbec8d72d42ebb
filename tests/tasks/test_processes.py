import os
import subprocess
import sys

import pytest

from tasks.processes import is_gone, owner_name


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


@pytest.mark.parametrize("owner", ["elsewhere:1:1", "", ":", "nonsense", f"{owner_name().rpartition(':')[0]}"])
def test_of_what_it_does_not_know_nothing_is_certain(owner: str) -> None:
    assert not is_gone(owner)
