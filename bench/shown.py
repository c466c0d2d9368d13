"""What the window costs: programs of Node that drive a browser, or the real window, and write their figures as JSON."""

import json
import subprocess
import tempfile
from pathlib import Path

from measure import RunFailed

SCRIPTS = {"window": "window.mjs", "live": "live.mjs"}


def measure(load, limit_seconds):
    """Runs the program of a load, which prints its figures; gives them."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        script = Path(__file__).with_name(SCRIPTS[load])
        try:
            run = subprocess.run(["node", script, out.name], timeout=limit_seconds)
        except subprocess.TimeoutExpired as late:
            raise RunFailed(f"{load}: no end after {limit_seconds} s") from late
        if run.returncode:
            raise RunFailed(f"{load}: ended with {run.returncode}")
        return json.load(out)
