"""What the ledger costs, by itself: the real engine on its SQLite file, without a network.

The program is crates/engine/examples/ledger_figures.rs; each load is a process of its own. On a disk each group of
parts costs a sync; in memory none does, which shows what is left to the program.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import goals
from measure import RunFailed

ROOT = Path(__file__).resolve().parents[1]
NEEDED_BYTES = 3 << 30
# Loads that share a folder, in their order.
LOADS = (("parts",), ("resume",), ("add", "restart"))


def places():
    """A folder on the disk of this checkout, and one in memory if that has room."""
    disk = ROOT / "artifacts"
    disk.mkdir(exist_ok=True)
    found = {"disk": disk}
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free > NEEDED_BYTES:
        found["memory"] = memory
    return found


def measure(program, limit_seconds):
    """All figures in all places: {place: {figure: value}}."""
    return {place: _in(folder, program, limit_seconds) for place, folder in places().items()}


def _in(folder, program, limit_seconds):
    figures = {}
    for loads in LOADS:
        with tempfile.TemporaryDirectory(prefix="tern-bench-ledger-", dir=folder) as name:
            for load in loads:
                try:
                    run = subprocess.run([program, load, name], capture_output=True, text=True, timeout=limit_seconds)
                except subprocess.TimeoutExpired as late:
                    raise RunFailed(f"ledger, {load}: no end after {limit_seconds} s") from late
                if run.returncode:
                    raise RunFailed(f"ledger, {load}: ended with {run.returncode}\n{run.stderr[-2000:]}")
                for line in run.stdout.splitlines():
                    one = json.loads(line)
                    figures[one["figure"]] = one["value"]
    return figures


def met(figure, value):
    at_least, bound, _, _ = goals.LEDGER[figure]
    return value >= bound if at_least else value <= bound


def table(results):
    lines = [("ledger", "goal", *(f"on {place}" for place in results))]
    for figure, (at_least, bound, unit, words) in goals.LEDGER.items():
        cells = []
        for figures in results.values():
            value = figures[figure]
            cells.append(f"{_number(value)} {unit}, {'met' if met(figure, value) else 'missed'}")
        lines.append((words, f"{'at least' if at_least else 'at most'} {_number(bound)} {unit}", *cells))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines)


def _number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
