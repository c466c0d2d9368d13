#!/usr/bin/env python3
"""SIGKILL at twenty moments of an upload, a download, a copy inside the store and one through this computer.

A real server, the real program, a real kill. For each kind and each of twenty moments spread over the progress:
`tern-cli cp` is killed, run again with the same words, and then
  * the bytes are equal at the end,
  * it is the same multipart upload (or temporary file), and none is left open,
  * parts that moved again are no more than those in flight at the kill, and for downloads those that were finished
    since the last sync (at most 64 MiB, or 2 s); for copies through this computer those that were just being recorded:
    one, or on a busy disk as many as move at a time.

Prints one line a moment and `N passed, N failed` at the end.
"""

import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MOMENTS = int(os.environ.get("TERN_KILL_MOMENTS", "20"))
PART_BYTES = 5 << 20
PARALLEL = 3
SIZE_BYTES = 24 * PART_BYTES + 12345
PARTS = -(-SIZE_BYTES // PART_BYTES)
SYNC_BYTES = 64 << 20
MEGABYTES_PER_SECOND = 110
DEADLINE_S = 120

ROOT = Path(__file__).resolve().parents[2]
CLI = os.environ.get("TERN_CLI", str(ROOT / "target/debug/tern-cli"))


class Server:
    """The practice server as a program of its own."""

    def __init__(self, folder):
        self.log = open(folder / "server.log", "wb")
        self.process = subprocess.Popen(
            [CLI, "local-server", "--root", str(folder / "objects"), "--mbps", str(MEGABYTES_PER_SECOND),
             "--copy-mbps", str(MEGABYTES_PER_SECOND)],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.exports = {}
        for line in self.process.stdout:
            found = re.match(r"export (TOS_\w+)=(.*)", line.strip())
            if found:
                self.exports[found[1]] = found[2].strip("'\"")
            if "TOS_ENDPOINT" in self.exports and "TOS_SECRET_KEY" in self.exports and "TOS_REGION" in self.exports:
                break
        if "TOS_ENDPOINT" not in self.exports:
            raise SystemExit("the practice server did not start; see " + self.log.name)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Cli:
    def __init__(self, server, folder):
        self.environment = {**os.environ, **server.exports, "TERN_DATA_DIR": str(folder)}

    def run(self, *words):
        return subprocess.run([CLI, *words], env=self.environment, capture_output=True, text=True, timeout=DEADLINE_S)

    def copy(self, source, target, kill_at=None, via="auto"):
        """Runs `cp --json`; kills it once `kill_at` bytes have moved. Returns (events, exit code)."""
        process = subprocess.Popen(
            [CLI, "cp", source, target, "--json", "--part-size", "5MiB", "--parallel", str(PARALLEL), "--via", via],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        events, killed = [], False
        for line in process.stdout:
            if not line.endswith("\n"):
                break  # cut off by the kill
            event = json.loads(line)
            events.append(event)
            moved = event.get("consumed_bytes", 0)
            done = sum(1 for one in events if one["type"] in PART_DONE) * PART_BYTES
            begun = event["type"] in ("DataTransferStarted", "DataTransferRw") or event["type"] in PART_DONE
            if kill_at is not None and not killed and begun and max(moved, done) >= kill_at:
                process.send_signal(signal.SIGKILL)
                killed = True
        stderr = process.stderr.read()
        code = process.wait(DEADLINE_S)
        return events, code, killed, stderr


PART_DONE = ("UploadPartSucceed", "DownloadPartSucceed", "UploadPartCopySucceed")
SESSION = {"CreateMultipartUploadSucceed": "upload_id", "CreateTempFileSucceed": "temp_file"}


def session_of(events):
    for event in events:
        if event["type"] in SESSION:
            return event[SESSION[event["type"]]]
    return None


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_moment(cli, kind, moment, source_file, source_digest, folder):
    """One kill and one resume; returns a line for the report, or raises AssertionError."""
    key = f"{kind}-{moment}"
    source, target, bucket = {
        "upload": (str(source_file), f"tos://kill-a/{key}", "kill-a"),
        "download": ("tos://kill-a/source", str(folder / key), None),
        "copy": ("tos://kill-a/source", f"tos://kill-b/{key}", "kill-b"),
        "relay": ("tos://kill-a/source", f"tos://kill-b/{key}", "kill-b"),
    }[kind]
    via = "relay" if kind == "relay" else "auto"
    kill_at = SIZE_BYTES * moment // (MOMENTS + 1)
    first, code, killed, stderr = cli.copy(source, target, kill_at, via)
    assert killed and code == -signal.SIGKILL, f"it ended by itself with {code}: {stderr[-300:]}"
    session = session_of(first)
    assert session, "no upload or temporary file was begun before the kill"
    finished = sum(1 for event in first if event["type"] in PART_DONE)
    if bucket:
        listed = cli.run("uploads", "list", f"tos://{bucket}", "--json")
        assert listed.returncode == 0, f"the uploads could not be listed: {listed.stderr[-300:]}"
        assert session in listed.stdout, "the upload is not open at the store any more"

    second, code, _, stderr = cli.copy(source, target, via=via)
    assert code == 0, f"the second run ended with {code}: {stderr[-500:]}"
    assert session_of(second) is None, "it began anew instead of going on"
    summary = second[-1]
    assert summary["type"] == "summary", summary
    again = finished + summary["parts_sent"] - PARTS
    in_flight = PARALLEL
    if kind == "download":
        in_flight += -(-SYNC_BYTES // PART_BYTES)
    assert again <= in_flight, f"{again} parts moved again, {in_flight} are allowed"
    assert summary["parts_reused"] + summary["parts_sent"] == PARTS, summary

    if kind == "download":
        assert digest(target) == source_digest, "the bytes differ"
        assert not Path(session).exists(), "the temporary file is still there"
        os.unlink(target)
    else:
        back = folder / "back"
        _, code, _, stderr = cli.copy(target, str(back))
        assert code == 0, stderr[-500:]
        assert digest(back) == source_digest, "the bytes differ"
        os.unlink(back)
        left = cli.run("uploads", "list", f"tos://{bucket}", "--json").stdout
        assert session not in left, "the upload was left open"
        assert cli.run("rm", target).returncode == 0
    return f"{finished} parts before, {summary['parts_reused']} reused, {max(again, 0)} again"


def run_kind(kind, folder):
    """All moments of one kind, with a server and a data folder of its own. Returns how many passed and failed."""
    passed = failed = 0
    folder.mkdir()
    server = Server(folder)
    try:
        cli = Cli(server, folder / "data")
        for bucket in ("kill-a", "kill-b"):
            made = cli.run("mb", f"tos://{bucket}")
            assert made.returncode == 0, made.stderr
        source_file = folder / "source"
        source_file.write_bytes(random.Random(1).randbytes(SIZE_BYTES))
        source_digest = digest(source_file)
        _, code, _, stderr = cli.copy(str(source_file), "tos://kill-a/source")
        assert code == 0, stderr
        for moment in range(MOMENTS):
            try:
                line = check_moment(cli, kind, moment, source_file, source_digest, folder)
                passed += 1
                print(f"ok   {kind} killed at {100 * moment // (MOMENTS + 1):2d} %: {line}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAIL {kind} killed at {100 * moment // (MOMENTS + 1):2d} %: {error}", flush=True)
    finally:
        server.stop()
    return passed, failed


def main():
    # Most of the time is spent waiting for the server's rate, so two at a time take little longer than one.
    with tempfile.TemporaryDirectory(prefix="tern-kill-") as name, ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda kind: run_kind(kind, Path(name) / kind), ("upload", "download", "copy", "relay"))
        passed, failed = (sum(counts) for counts in zip(*runs))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
