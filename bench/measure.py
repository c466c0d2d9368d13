"""Runs one program to its end and measures what it cost: CPU, time, memory."""

import os
import pty
import select
import time
from dataclasses import dataclass
from subprocess import DEVNULL, Popen

# Only memory is sampled; CPU and time are exact.
SAMPLE_EVERY_MS = 10
OUTPUT_KEPT_BYTES = 4000


class RunFailed(Exception):
    """A measured program failed or took too long; the message says which and why."""


@dataclass(frozen=True)
class Cost:
    """What a process cost, all its threads together."""

    cpu_seconds: float
    wall_seconds: float
    peak_rss_bytes: int


def cost_of(command, environment, limit_seconds):
    """Runs ``command`` on a terminal of its own, so that it shows its progress as it would to a person.

    CPU is user and system time from ``wait4``. Peak memory is the kernel's own high-water mark, read every 10 ms: that
    of ``wait4`` would begin with the memory of this process, which the child shares until it has become the program.
    """
    terminal, child_terminal = pty.openpty()
    os.set_blocking(terminal, False)
    started = time.monotonic()
    process = Popen(command, env=environment, stdin=DEVNULL, stdout=child_terminal, stderr=child_terminal)
    os.close(child_terminal)
    end = os.pidfd_open(process.pid)
    try:
        output, peak = b"", _high_water_bytes(process.pid)
        waiting = select.poll()
        waiting.register(end, select.POLLIN)
        while not waiting.poll(SAMPLE_EVERY_MS):
            peak = max(peak, _high_water_bytes(process.pid))
            output = (output + _read(terminal))[-OUTPUT_KEPT_BYTES:]
            if time.monotonic() - started > limit_seconds:
                raise RunFailed(f"{command[0]}: no end after {limit_seconds} s\n{_text(output)}")
        wall = time.monotonic() - started
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output = (output + _read(terminal))[-OUTPUT_KEPT_BYTES:]
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        os.close(end)
        os.close(terminal)
    if process.returncode != 0:
        raise RunFailed(f"{command[0]} ended with {process.returncode}\n{_text(output)}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, peak)


def _high_water_bytes(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has just ended
    return 0


def _read(terminal):
    try:
        return os.read(terminal, 1 << 16)
    except (BlockingIOError, OSError):  # nothing there, or the other side is closed
        return b""


def _text(output):
    return output.decode(errors="replace").strip()
