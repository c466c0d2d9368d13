#!/usr/bin/env python3
"""Power cuts: the data folder and the temporary file as a disk may leave them, rebuilt from a trace of a real run.

A real server, the real program, every one of its writes, syncs and renames recorded by strace. disk_trace.py says what a
disk may forget; this does the following many times, at random moments and with random losses:
  * uploads, copies inside the store and copies through this computer: `tern-cli cp` is killed under strace, so that
    the server is where it was at that moment; then the client's disk forgets what was not synced,
  * downloads: one run is recorded, and the disk is rebuilt as of any line of the trace, since the server does not change.
Of what is left on the disk it is checked that
  * the ledger is sound and has every upload or temporary file that was told of,
  * each part that it says is in a temporary file is there, byte for byte, and what it says is done is whole;
then `tern-cli resume --all` (every other time) and the same `tern-cli cp` are run, and
  * both end well, the bytes are equal, no ledger is set aside,
  * no part is moved again that the ledger has, or that the store holds and can prove,
  * no upload and no temporary file is left.

At the end it is shown that this can fail: with the syncs of the temporary file, and then those of the ledger, taken for
not asked for, the checks of the disk must find something. TERN_POWER_CUTS is the number of cuts of each kind.
Prints one line a cut and `N passed, N failed` at the end.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kill"))
import kill_test  # noqa: E402
from kill_test import CLI, PART_DONE, Cli, Server, digest, session_of  # noqa: E402
from disk_trace import CALLS, STRING_BYTES, NotUnderstood, Trace  # noqa: E402

CUTS = int(os.environ.get("TERN_POWER_CUTS", "15"))
SEED = int(os.environ.get("TERN_POWER_SEED", "1"))
PART_BYTES = kill_test.PART_BYTES
PARALLEL = 3
SIZE_BYTES = 7 * PART_BYTES + 12345
PARTS = -(-SIZE_BYTES // PART_BYTES)
# Slow enough for groups of parts that are recorded because they are old, not only because there are many.
DOWNLOAD_RATE = "8MiB"
DEADLINE_S = 120
SELF_TEST_CUTS = 200


class Bench:
    """A server with a source object, the same bytes in a file, and a place for what is downloaded."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.source_file = folder / "source"
        self.source = random.Random(SEED).randbytes(SIZE_BYTES)
        self.source_file.write_bytes(self.source)
        self.source_digest = digest(self.source_file)
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        cli = Cli(server, folder / "data-first")
        for bucket in ("power-a", "power-b"):
            made = cli.run("mb", f"tos://{bucket}")
            assert made.returncode == 0, made.stderr
        _, code, _, stderr = cli.copy(str(self.source_file), "tos://power-a/source")
        assert code == 0, stderr

    def words(self, kind, name):
        source, target = {
            "upload": (str(self.source_file), f"tos://power-b/{name}"),
            "download": ("tos://power-a/source", str(self.downloads / name)),
            "copy": ("tos://power-a/source", f"tos://power-b/{name}"),
            "relay": ("tos://power-a/source", f"tos://power-b/{name}"),
        }[kind]
        more = ["--via", "relay"] if kind == "relay" else []
        return ["cp", source, target, "--json", "--part-size", "5MiB", "--parallel", str(PARALLEL), *more]

    def known_bytes(self, path, offset, length):
        """The bytes of a file beside the target are those of the source."""
        return self.source[offset:offset + length] if Path(path).parent == self.downloads else None

    def record(self, words, data, after_s=None):
        """Runs the program under strace and kills it after a while. Returns (trace, events, seconds)."""
        output = self.folder / "trace"
        environment = {**os.environ, **self.server.exports, "TERN_DATA_DIR": str(data)}
        started = time.monotonic()
        tracer = subprocess.Popen(
            ["strace", "-f", "-y", "-xx", "-ttt", "-s", str(STRING_BYTES), "-o", str(output), "-e", f"trace={CALLS}",
             CLI, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if after_s is not None:
            try:
                tracer.wait(after_s)
            except subprocess.TimeoutExpired:
                kill_child_of(tracer.pid)
        stdout, stderr = tracer.communicate(timeout=DEADLINE_S)
        if after_s is None and tracer.returncode != 0:
            raise AssertionError(f"the recorded run ended with {tracer.returncode}: {stderr[-500:]}")
        events = [json.loads(line) for line in stdout.splitlines(keepends=True) if line.endswith("\n")]
        trace = Trace(output, [data, self.downloads], self.known_bytes)
        return trace, events, time.monotonic() - started


def kill_child_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for child in children:
        try:
            os.kill(int(child), signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has just ended by itself


class Disk:
    """The folders of a trace on the real disk. A file keeps its inode when it is rebuilt, as it does on a disk."""

    def __init__(self, trace, roots, keep):
        self.trace, self.roots, self.inodes = trace, roots, {}
        for at, (name, file) in enumerate(trace.files.items()):
            if os.path.exists(name) and not name.startswith(str(roots[0])):
                kept = keep / f"inode-{at}"
                kept.unlink(missing_ok=True)
                os.link(name, kept)
                self.inodes[id(file)] = kept

    def after_power_cut(self, cut, dice, deaf=lambda name: False):
        for root in self.roots:
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
        for name, file, content in self.trace.rebuild(cut, dice, deaf):
            kept = self.inodes.get(id(file))
            if kept:
                with open(kept, "r+b") as again:
                    again.truncate(0)
                    again.write(content)
                os.link(kept, name)
            else:
                Path(name).write_bytes(content)


def check_disk(bench, data, told_session, told_done, target):
    """What is left on the disk, before anything else looks at it. Returns how many parts the ledger has."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as copy:
        for file in data.glob("ledger.db*"):
            shutil.copy(file, copy)
        rows, parts = [], []
        ledger = Path(copy) / "ledger.db"
        if ledger.exists():
            connection = sqlite3.connect(ledger)
            try:
                found = connection.execute("PRAGMA integrity_check").fetchone()[0]
                assert found == "ok", f"the ledger is damaged: {found}"
                if connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'transfer'").fetchone()[0]:
                    rows = connection.execute("SELECT state, checkpoint FROM transfer").fetchall()
                    parts = connection.execute("SELECT number, size_bytes FROM part").fetchall()
            except sqlite3.DatabaseError as error:
                raise AssertionError(f"the ledger cannot be read: {error}") from error
            finally:
                connection.close()
    assert len(rows) <= 1, f"{len(rows)} transfers in the ledger"
    state, text = rows[0] if rows else (None, None)
    checkpoint = json.loads(text) if text else {}
    session = checkpoint.get("session") or {}
    known = session.get("upload_id") or session.get("path")
    if told_session:
        assert known == told_session, f"{told_session} was told of and the ledger has {known}"
    if told_done:
        assert state == 3, f"it was told that it is done and the ledger says {state}"
    if target is not None:
        check_files(bench, session.get("path"), target, parts, state)
    return PARTS if state == 3 else len(parts)


def check_files(bench, temp, target, parts, state):
    if state == 3:
        assert target.exists() and target.read_bytes() == bench.source, "what is done is not whole"
    if parts:
        assert temp, "parts are recorded without a temporary file"
        # Renamed, and the record of it lost.
        file = Path(temp) if os.path.exists(temp) else target
        assert file.exists(), "parts are recorded and there is no file"
        content = file.read_bytes()
        for number, size in parts:
            start = (number - 1) * PART_BYTES
            assert content[start:start + size] == bench.source[start:start + size], (
                f"part {number} is recorded and its bytes are not there")


def go_on(bench, kind, name, data, held, by_resume):
    """Runs the program again on what is left, to the end. So many parts are at the target, provably."""
    cli = Cli(bench.server, data)
    summaries = []
    runs = [["resume", "--all", "--json"]] if by_resume else []
    for words in [*runs, bench.words(kind, name)]:
        again = cli.run(*words)
        assert again.returncode == 0, f"{words[0]} ended with {again.returncode}: {again.stderr[-500:]}"
        summaries.append(json.loads(again.stdout.splitlines()[-1]))
    sent = sum(summary["parts_sent"] for summary in summaries)
    assert sent <= PARTS - held, f"{sent} parts moved, {held} of {PARTS} were there"
    assert not list(data.glob("*.set-aside-*")), "the ledger was set aside"
    if kind == "download":
        assert digest(bench.downloads / name) == bench.source_digest, "the bytes differ"
        left = [file.name for file in bench.downloads.iterdir() if file.name != name]
        assert not left, f"{left} is left in the folder"
    else:
        back = bench.folder / "back"
        got = Cli(bench.server, bench.folder / "data-first").run("cp", f"tos://power-b/{name}", str(back))
        assert got.returncode == 0, got.stderr[-500:]
        assert digest(back) == bench.source_digest, "the bytes differ"
        back.unlink()
        left = cli.run("uploads", "list", "tos://power-b", "--json").stdout.strip()
        assert not left, f"an upload is left: {left}"
        assert cli.run("rm", f"tos://power-b/{name}").returncode == 0
    return f"{sent} moved then"


def told(events):
    """What was promised to survive: the session, and that it is done."""
    done = any(event.get("phase") == "done_verified" for event in events)
    return session_of(events), done


def cut_with_kill(bench, kind, number, whole_s, dice):
    """One run, cut off at a random moment, and the client's disk with it."""
    name = f"{kind}-{number}"
    data = bench.folder / f"data-{name}"
    after_s = dice.uniform(0.0, 1.1 * whole_s)
    trace, events, _ = bench.record(bench.words(kind, name), data, after_s)
    disk = Disk(trace, [data], bench.folder)
    disk.after_power_cut(trace.length, dice)
    session, done = told(events)
    finished = sum(1 for event in events if event["type"] in PART_DONE)
    recorded = check_disk(bench, data, session, done, None)
    # The store can say itself which parts of an upload it holds; of a part that was relayed only the record proves it.
    held = recorded if kind == "relay" else max(recorded, finished)
    line = go_on(bench, kind, name, data, held, number % 2 == 0)
    shutil.rmtree(data)
    return f"cut after {after_s:.2f} s with {finished} parts sent, {recorded} recorded: {line}"


class Download:
    """A recorded download, to be cut anywhere."""

    def __init__(self, bench):
        self.bench, self.name, self.data = bench, "download", bench.folder / "data-download"
        words = [*bench.words("download", self.name), "--limit", DOWNLOAD_RATE]
        self.trace, _, _ = bench.record(words, self.data)
        self.disk = Disk(self.trace, [self.data, bench.downloads], bench.folder)

    def left_after(self, cut, dice, deaf=lambda name: False):
        """Rebuilds the disk and checks it; returns how many parts are recorded."""
        self.disk.after_power_cut(cut, dice, deaf)
        lines = b"".join(text for _, ended, text in self.trace.told if ended < cut).split(b"\n")[:-1]
        session, done = told([json.loads(line) for line in lines])
        return check_disk(self.bench, self.data, session, done, self.bench.downloads / self.name)

    def cut(self, number, dice):
        # Half of the moments are those at which something was just told or synced, where a mistake would show.
        moments = [began for file in self.trace.all_files for began, _ in file.syncs]
        cut = dice.randrange(self.trace.length + 1)
        if dice.random() < 0.5:
            cut = min(self.trace.length, max(0, dice.choice(moments) + dice.randint(-2, 6)))
        recorded = self.left_after(cut, dice)
        line = go_on(self.bench, "download", self.name, self.data, recorded, number % 2 == 0)
        return f"cut at line {cut} of {self.trace.length}, {recorded} parts recorded: {line}"

    def finds(self, deaf, dice):
        """How many of many cuts are found to be wrong if some syncs are as if not asked for."""
        found, example = 0, ""
        for _ in range(SELF_TEST_CUTS):
            try:
                self.left_after(dice.randrange(self.trace.length + 1), dice, deaf)
            except AssertionError as error:
                found, example = found + 1, str(error)
        return found, example


def may_trace():
    """Why strace cannot be used here, or nothing."""
    if not shutil.which("strace"):
        return "strace is not installed (scripts/setup test installs it)"
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True)
    if tried.returncode:
        return f"strace may not trace a program here, so no power cut can be imitated: {tried.stderr.strip()}"
    return None


class Tally:
    passed = failed = 0

    def run(self, name, check):
        try:
            line = check()
            self.passed += 1
            print(f"ok   {name}: {line}", flush=True)
        except (AssertionError, NotUnderstood, subprocess.TimeoutExpired) as error:
            self.failed += 1
            print(f"FAIL {name}: {error}", flush=True)


def all_cuts(bench, tally):
    dice = random.Random(SEED)
    print(f"Seed {SEED} (TERN_POWER_SEED), {CUTS} cuts of each kind (TERN_POWER_CUTS).", flush=True)
    download = Download(bench)
    for number in range(CUTS):
        tally.run(f"download {number}", lambda: download.cut(number, dice))
    for kind in ("upload", "copy", "relay"):
        _, events, whole_s = bench.record(bench.words(kind, "whole"), bench.folder / f"data-{kind}")
        assert told(events)[1], f"an {kind} that is not cut off did not end well"
        assert Cli(bench.server, bench.folder / "data-first").run("rm", "tos://power-b/whole").returncode == 0
        for number in range(CUTS):
            tally.run(f"{kind} {number}", lambda: cut_with_kill(bench, kind, number, whole_s, dice))
    for what, deaf in (
        ("the temporary file", lambda name: Path(name).parent == bench.downloads),
        ("the ledger", lambda name: name.startswith(str(download.data))),
    ):
        def bites():
            found, example = download.finds(deaf, dice)
            assert found, f"none of {SELF_TEST_CUTS} cuts was noticed"
            return f"{found} of {SELF_TEST_CUTS} cuts noticed, such as: {example}"
        tally.run(f"without the syncs of {what}", bites)


def main():
    tally = Tally()
    refused = may_trace()
    if refused:
        print(f"FAIL {refused}")
        print("0 passed, 1 failed")
        return 1
    with tempfile.TemporaryDirectory(prefix="tern-power-") as name:
        folder = Path(name).resolve()
        server = Server(folder)
        try:
            all_cuts(Bench(folder, server), tally)
        finally:
            server.stop()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
