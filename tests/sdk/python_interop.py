"""Tern and the official Python SDK read what the other wrote, byte for byte, for names that break clients."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from tos.checkpoint import CancelHook
from tos.enum import UploadEventType
from tos.exceptions import TosClientError

from practice import REPOSITORY, PracticeServer, Suite

CLI = os.environ.get("TERN_CLI", str(REPOSITORY / "target" / "debug" / "tern-cli"))
PART = 5 << 20
SIZES = [0, 1, 70_000, PART, PART + 1, 3 * PART + 17]
KEYS = [
    "plain.txt",
    "a b/c  d.txt",
    "目录/文件 一.txt",
    "😀/🎉.bin",
    "a+b=c&d;e,f.txt",
    "100%25/%2F%41.txt",
    "~tilde-_.!*'()",
    "question?mark#hash",
    "a//b",
    "/leading",
    "n" * 1000,
]


def check(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {str(actual)[:200]!r} is not {str(expected)[:200]!r}")


class Tern:
    def __init__(self, server, folder):
        self.environment = {
            **os.environ,
            **server.settings,
            "TERN_DATA_DIR": str(folder / "data"),
        }

    def run(self, *words):
        done = subprocess.run([CLI, *words], env=self.environment, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"tern-cli ended with {done.returncode}: {done.stderr[-400:]}")
        return done.stdout

    def cp(self, source, target, *options):
        self.run("cp", source, target, "--part-size", "5MiB", "--no-progress", *options)


def read(client, bucket, key):
    return client.get_object(bucket, key).read()


def tern_writes_and_the_sdk_reads(client, tern, folder, key, body):
    source = folder / "source"
    source.write_bytes(body)
    tern.cp(str(source), f"tos://first/{key}", "--conflict", "overwrite", "--meta", "who=we 我们", "--content-type", "text/x-tern")
    check(read(client, "first", key), body, "what the SDK reads")
    head = client.head_object("first", key)
    check(head.content_type, "text/x-tern", "content type")
    check(head.meta.get("who"), "we 我们", "metadata")
    check(head.content_length, len(body), "size")


def the_sdk_writes_and_tern_reads(client, tern, folder, key, body):
    client.put_object("second", key, content=body, meta={"who": "sdk"})
    target = folder / "target"
    tern.cp(f"tos://second/{key}", str(target), "--conflict", "overwrite")
    check(target.read_bytes(), body, "what Tern reads")


def tern_copies_and_the_sdk_reads(client, tern, folder, key, body):
    client.put_object("second", key, content=body, content_type="text/x-sdk", meta={"who": "sdk"})
    tern.cp(f"tos://second/{key}", f"tos://third/{key}", "--conflict", "overwrite")
    check(read(client, "third", key), body, "what the SDK reads")
    head = client.head_object("third", key)
    check((head.content_type, head.meta.get("who")), ("text/x-sdk", "sdk"), "type and metadata travel with a copy")


def the_sdks_resumable_calls(client, tern, folder):
    body = random.Random(5).randbytes(3 * PART + 99)
    source = folder / "resumable"
    source.write_bytes(body)
    client.upload_file("first", "by the sdk", str(source), part_size=PART, task_num=3, enable_checkpoint=False)
    target = folder / "back"
    tern.cp("tos://first/by the sdk", str(target))
    check(target.read_bytes(), body, "an upload of the SDK in parts, read by Tern")
    tern.cp(str(source), "tos://first/by tern")
    back = folder / "back by the sdk"
    client.download_file("first", "by tern", str(back), part_size=PART, task_num=3, enable_checkpoint=False)
    check(back.read_bytes(), body, "an upload of Tern in parts, read by the SDK in parts")
    check(client.head_object("first", "by tern").hash_crc64_ecma, client.head_object("first", "by the sdk").hash_crc64_ecma,
          "the checksum of the same bytes")


def tern_adopts_what_the_sdk_was_stopped_in(client, tern, folder):
    body = random.Random(6).randbytes(4 * PART + 99)
    source, checkpoints = folder / "stopped", folder / "checkpoints"
    source.write_bytes(body)
    checkpoints.mkdir()
    hook, sent = CancelHook(), []

    def listen(kind, *_more, **_named):
        if kind == UploadEventType.Upload_Event_Upload_Part_Succeed:
            sent.append(kind)
            if len(sent) == 2:
                hook.cancel(False)

    try:
        client.upload_file("first", "stopped by hand", str(source), part_size=PART, task_num=1,
                           enable_checkpoint=True, checkpoint_file=str(checkpoints / "here"),
                           upload_event_listener=listen, cancel_hook=hook)
        raise AssertionError("the SDK was not stopped")
    except TosClientError:
        pass
    [checkpoint] = [path for path in checkpoints.rglob("*") if path.is_file()]
    upload_id = json.loads(checkpoint.read_text())["upload_id"]
    adopted = tern.run("uploads", "adopt", "--checkpoint", str(checkpoint), "--json")
    lines = [json.loads(line) for line in adopted.splitlines()]
    [held] = [line["parts_held"] for line in lines if line["type"] == "Adopted"]
    check(held >= len(sent) >= 2, True, f"{held} parts are kept of {len(sent)}")
    check(lines[-1]["parts_sent"] + held, 5, "parts that are sent, and kept")
    check(lines[-1]["verified"], True, "verified")
    check(read(client, "first", "stopped by hand"), body, "what the SDK reads")
    left = [upload.upload_id for upload in client.list_multipart_uploads("first").uploads]
    check(upload_id in left, False, "the upload is still open")


def main():
    suite = Suite()
    with PracticeServer("--bucket", "first", "--bucket", "second", "--bucket", "third") as server, \
            tempfile.TemporaryDirectory(prefix="tern-interop-") as name:
        folder = pathlib.Path(name)
        client, tern = server.client(), Tern(server, folder)
        for number, key in enumerate(KEYS):
            body = random.Random(number).randbytes(SIZES[number % len(SIZES)])
            shown = key if len(key) < 40 else f"{key[:8]}… ({len(key)} bytes)"
            for test in (tern_writes_and_the_sdk_reads, the_sdk_writes_and_tern_reads, tern_copies_and_the_sdk_reads):
                suite.run(f"{test.__name__}: {shown} ({len(body)} bytes)", test, client, tern, folder, key, body)
        suite.run("Tern adopts what the SDK was stopped in", tern_adopts_what_the_sdk_was_stopped_in, client, tern, folder)
        suite.run("the SDK's resumable calls", the_sdks_resumable_calls, client, tern, folder)
    return suite.finish()


if __name__ == "__main__":
    sys.exit(main())
