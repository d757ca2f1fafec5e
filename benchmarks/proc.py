"""Reads /proc: processor time, resident memory and descendants of the servers under test."""

import os
from collections import defaultdict
from pathlib import Path

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(roots: list[int]) -> list[int]:
    """The processes given and all their living descendants."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children[pid]
    return found


def cpu_us(roots: list[int]) -> int:
    """User and system time of the families, microseconds (resolution: one clock tick)."""
    if not roots:
        return 0
    ticks = 0
    for pid in family(roots):
        if fields := _stat(pid):
            ticks += sum(int(field) for field in fields[11:15])
    return ticks * TICK_US


def resident_bytes(roots: list[int]) -> int:
    """Resident memory of the families."""
    pages = 0
    for pid in family(roots):
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * PAGE


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from `state` on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
