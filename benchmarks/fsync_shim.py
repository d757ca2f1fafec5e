"""Compiles the fsync shim and hands out the environment that loads it."""

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("fsync_shim.c")
COUNTER_BYTES = 8


class ShimUnavailable(Exception):
    """No C compiler, or the shim does not compile: rows that need it are skipped."""


class FsyncShim:
    """One compiled library; each server under test gets a counter file of its own."""

    def __init__(self, folder: Path) -> None:
        """Compile into `folder`; raises ShimUnavailable where that cannot be done."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise ShimUnavailable("no C compiler found")
        self.library = folder / "fsync_shim.so"
        command = [
            compiler,
            "-O2",
            "-shared",
            "-fPIC",
            "-o",
            str(self.library),
            str(SOURCE),
            "-ldl",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise ShimUnavailable(done.stderr.strip())

    def environment(self, counter: Path, delay_us: int = 0) -> dict[str, str]:
        """Variables for one server; `counter` is created and set to zero."""
        counter.write_bytes(bytes(COUNTER_BYTES))
        return {
            "LD_PRELOAD": str(self.library),
            "BENCH_FSYNC_COUNTER": str(counter),
            "BENCH_FSYNC_DELAY_US": str(delay_us),
        }
