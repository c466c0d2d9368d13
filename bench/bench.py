"""Compares Tern with the official SDKs, in pairs: A B, B A, A B … so that a machine that gets busier hurts both alike.

Run it with ``make bench`` or ``scripts/bench [OPTIONS]``, which build what is compared. Exits with 1 if a program fails
or bytes differ. Linux only: it reads /proc and waits on a pidfd.
"""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GIB = 1 << 30
LOADS = ("upload", "download", "many", "ledger", "window", "live")
PEERS = ("rust", "python")


def bounded(lowest, highest):
    def parse(text):
        number = int(text)
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(f"from {lowest} to {highest}")
        return number
    return parse


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=bounded(1, 25), default=3, help="pairs for each load and peer (default 3)")
    parser.add_argument("--size-mib", type=bounded(16, 8192), default=1024, help="size of the large file (default 1024)")
    parser.add_argument("--files", type=bounded(100, 20_000), default=10_000, help="small files (default 10000)")
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=LOADS)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--run-limit", type=bounded(5, 1800), default=300, metavar="SECONDS", help="longest single run")
    parser.add_argument("--folder", type=Path, help="where files and objects are (default: /dev/shm if it has room)")
    parser.add_argument("--json", type=Path, default=ROOT / "artifacts" / "bench.json", help="where the figures go")
    return parser.parse_args()


def place(wanted, needed_bytes):
    """A folder with room: memory if possible, so that no disk is measured."""
    places = [wanted] if wanted else [Path("/dev/shm"), Path(tempfile.gettempdir())]
    for folder in places:
        if folder.is_dir() and shutil.disk_usage(folder).free > needed_bytes and available_memory() > needed_bytes:
            return folder
    raise SystemExit(f"bench: {needed_bytes / GIB:.1f} GiB are needed in {' or '.join(map(str, places))} and in memory")


def available_memory():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def main():
    wanted = arguments()
    size_bytes = wanted.size_mib << 20
    # Source, object, and a copy on its way; plus what the programs themselves need.
    folder = place(wanted.folder, 3 * max(size_bytes, wanted.files * 16 << 10) + GIB)
    with tempfile.TemporaryDirectory(prefix="tern-bench-", dir=folder) as name:
        tempfile.tempdir = name  # the practice servers keep their objects there, too
        return compare(wanted, Path(name), size_bytes)


def compare(wanted, folder, size_bytes):
    # Here, because these import the Python SDK, which --help does not need.
    import clients
    import ledger
    import loads
    import report
    import shown
    from measure import RunFailed

    settings = clients.Settings(part_bytes=8 << 20, parts_in_flight=8, files_in_flight=32)
    tern = clients.Tern(os.environ["TERN_CLI"], folder / "tern-data")
    known = {"rust": lambda: clients.rust_sdk(os.environ["BENCH_RUST_SDK"]), "python": clients.python_sdk}
    common = (folder, settings, wanted.run_limit)
    kinds = {
        "upload": lambda: loads.Upload(*common, size_bytes),
        "download": lambda: loads.Download(*common, size_bytes),
        "many": lambda: loads.ManySmall(*common, wanted.files),
    }
    measured_on = report.machine()
    results, ledger_figures, shown_figures = {}, None, {}
    try:
        for load_name in wanted.loads:
            if load_name == "ledger":
                ledger_figures = ledger.measure(os.environ["BENCH_LEDGER"], wanted.run_limit)
                continue
            if load_name in shown.SCRIPTS:
                shown_figures[load_name] = shown.measure(load_name, wanted.run_limit)
                continue
            with kinds[load_name]() as load:
                for peer_name in wanted.peers:
                    results[load_name, peer_name] = report.summary(pairs(load, tern, known[peer_name](), wanted.pairs))
    except (RunFailed, loads.BytesDiffer) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    wanted_of = {**asdict(settings), "size_bytes": size_bytes, "files": wanted.files, "pairs": wanted.pairs}
    report.write_json(wanted.json, measured_on, wanted_of, results, ledger_figures, shown_figures)
    print()
    if ledger_figures:
        print(ledger.table(ledger_figures))
        print()
    if not results:
        return 0
    print(report.table(results))
    print(report.memory_line(results))
    print(f"Ratios are Tern / peer, medians of {wanted.pairs} pairs; less is better. All bytes were compared and are "
          f"equal. Figures of every run: {wanted.json}")
    return 0


def pairs(load, tern, peer, count):
    found = []
    for number in range(count):
        order = (tern, peer) if number % 2 == 0 else (peer, tern)
        costs = {client.name: load.measure(client) for client in order}
        ours, theirs = costs[tern.name], costs[peer.name]
        print(f"{load.name}, pair {number + 1} of {count}: tern {ours.cpu_seconds:.2f} CPU s in {ours.wall_seconds:.2f} s, "
              f"{peer.name} {theirs.cpu_seconds:.2f} CPU s in {theirs.wall_seconds:.2f} s", flush=True)
        found.append((ours, theirs))
    return found


if __name__ == "__main__":
    sys.exit(main())
