"""Processes: how one is named in a lease, whether it still lives, how it follows its parent to the grave, how many do well together."""

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_GROUPS, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
_LEAST_MEMORY = 4 << 30  # where the system does not tell
_LINUX = sys.platform.startswith("linux")


def owner_name() -> str:
    """Return a name for this process that no other process, also none before it on this host, has."""
    return f"{_host()}:{os.getpid()}:{_start_time(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Say whether the named process is certainly dead; of another host nothing is certain."""
    host, _, process = owner.rpartition(":")[0].rpartition(":")
    started = owner.rpartition(":")[2]
    if host != _host() or not process.isdigit():
        return False
    return not _exists(int(process)) or _start_time(int(process)) != started


def cores() -> int:
    """Return how many processors this process may use, or a share of whose time that makes as many."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quotas = [_quotient(text.split()) for text in _group_limits("cpu", "cpu.max")]
    old = zip(_group_limits("cpu", "cpu.cfs_quota_us"), _group_limits("cpu", "cpu.cfs_period_us"), strict=False)
    quotas += [_quotient(pair) for pair in old]
    return max(1, min([there, *(quota for quota in quotas if quota)]))


def memory() -> int:
    """Return how many bytes of memory this process may have: the machine's, or its control groups' where that is less."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")] if hasattr(os, "sysconf") else []
    limits = [*_group_limits("memory", "memory.max"), *_group_limits("memory", "memory.limit_in_bytes")]
    return min([*sizes, *(int(text) for text in limits if text.isdigit())], default=_LEAST_MEMORY)


def fitting_processes(each: int) -> int:
    """Return how many processes that need so many bytes of memory do well on this machine: one a core, in half of its memory."""
    return max(1, min(cores(), memory() // 2 // each))


def share_of_cores(processes: int) -> int:
    """Return how many threads each of so many processes does well with."""
    return max(1, round(cores() / processes))


def _group_limits(controller: str, name: str) -> Iterator[str]:
    """Yield what the control groups of this process and those above them say in the file `name`."""
    with contextlib.suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            root = _GROUPS / controller if controllers else _GROUPS  # version 1 has a tree for each controller
            own = root / path.lstrip("/")
            yield from _texts(folder / name for folder in (own, *own.parents) if folder.is_relative_to(root))


def _texts(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        with contextlib.suppress(OSError):
            yield path.read_text().strip()


def _quotient(numbers: Sequence[str]) -> int | None:
    """Return quota / period, rounded up, where there is a quota."""
    quota, period = numbers
    return -(-int(quota) // int(period)) if quota.isdigit() else None


def follow_parent(parent: int) -> None:
    """Make this process get SIGTERM when its parent is gone."""
    if _LINUX:
        import ctypes  # noqa: PLC0415 - only helper processes need it

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if not _LINUX or os.getppid() != parent:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _host() -> str:
    """Return the host's name, and on Linux which of its process tables this is: containers can share a name."""
    namespace = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()}/{namespace.stat().st_ino}" if namespace.exists() else socket.gethostname()


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_time(process: int) -> str:
    """Return when a process started, in ticks since boot where Linux tells it; zombies count as not running."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "-"
    return "zombie" if fields[0] == "Z" else fields[19]
