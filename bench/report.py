"""Ratios of pairs, and how they are shown."""

import json
import os
import platform
import subprocess
from dataclasses import asdict
from pathlib import Path
from statistics import median

import goals

ROOT = Path(__file__).resolve().parents[1]
MEASURES = ("cpu_seconds", "wall_seconds", "peak_rss_bytes")
HEAD = ("load", "peer", "CPU s", "peer's", "ratio (min-max)", "goal", "wall s", "peer's", "ratio", "RSS MiB", "peer's",
        "ratio")


def summary(pairs):
    """Medians of both sides, and of the ratios of the pairs."""
    result = {"pairs": [{"tern": asdict(tern), "peer": asdict(peer)} for tern, peer in pairs]}
    for measure in MEASURES:
        ours = [getattr(tern, measure) for tern, _ in pairs]
        theirs = [getattr(peer, measure) for _, peer in pairs]
        ratios = [a / b for a, b in zip(ours, theirs)]
        result[measure] = {
            "tern": median(ours),
            "peer": median(theirs),
            "ratio": {"median": median(ratios), "min": min(ratios), "max": max(ratios)},
        }
    return result


def row(load, peer, result):
    cpu, wall, rss = (result[measure] for measure in MEASURES)
    goal = goals.CPU_RATIO.get((load, peer))
    word = "" if goal is None else f"{goal:.2f} {'met' if cpu['ratio']['median'] <= goal else 'missed'}"
    spread = cpu["ratio"]
    return (
        load, peer,
        f"{cpu['tern']:.2f}", f"{cpu['peer']:.2f}", f"{spread['median']:.2f} ({spread['min']:.2f}-{spread['max']:.2f})",
        word,
        f"{wall['tern']:.2f}", f"{wall['peer']:.2f}", f"{wall['ratio']['median']:.2f}",
        f"{rss['tern'] / 2**20:.0f}", f"{rss['peer'] / 2**20:.0f}", f"{rss['ratio']['median']:.2f}",
    )


def table(results):
    lines = [HEAD, *(row(*load_and_peer, result) for load_and_peer, result in results.items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines)


def memory_line(results):
    peak = max(pair["tern"]["peak_rss_bytes"] for result in results.values() for pair in result["pairs"])
    word = "met" if peak <= goals.PEAK_RSS_BYTES else "missed"
    return f"Tern's highest memory: {peak / 2**20:.0f} MiB; goal {goals.PEAK_RSS_BYTES >> 20} MiB, {word}."


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    # scripts/bench builds just before; a mark tells of changes that no commit has.
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
        "tern_commit": commit.stdout.strip() or None,
    }


def write_json(path, measured_on, settings, results, ledger_figures, shown_figures):
    nested = {}
    for (load, peer), result in results.items():
        goal = goals.CPU_RATIO.get((load, peer))
        nested.setdefault(load, {})[peer] = {**result, "goal_cpu_ratio": goal}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(
        {"machine": measured_on, "settings": settings, "loads": nested, "ledger": ledger_figures, **shown_figures},
        indent=2) + "\n")
