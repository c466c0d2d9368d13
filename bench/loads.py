"""The three loads: what is there before, what is run, and the proof afterwards that every byte arrived.

Each upload goes to a server that starts empty, and each client starts without a memory of earlier runs, so that no run
finds anything that an earlier one left.
"""

import os
import random
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sdk"))
import crcmod  # noqa: E402
from practice import PracticeServer  # noqa: E402

from clients import BUCKET, CUSTOM_DOMAIN, MIB, environment_for  # noqa: E402
from measure import cost_of  # noqa: E402

KEY = "large/object.bin"
PREFIX = "many/"
SMALL_BYTES = 16 << 10
COMPARED_BYTE_FOR_BYTE = 64
CHUNK_BYTES = 4 * MIB
# CRC-64/XZ, which TOS calls CRC64 ECMA.
crc64 = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=(1 << 64) - 1)


class BytesDiffer(Exception):
    """What arrived is not what was sent."""


def server():
    """A practice server that costs as little as it can: MD5s would take more CPU than the clients."""
    flags = ["--opaque-etags", "--capacity", "40GiB", "--bucket", BUCKET]
    return PracticeServer(*flags, "--custom-domain", f"{CUSTOM_DOMAIN}={BUCKET}")


class Load:
    """One of the three, on a folder of its own. A context manager: its files are gone afterwards."""

    name = ""

    def __init__(self, folder, settings, limit_seconds):
        self.folder, self.settings, self.limit_seconds = folder / self.name, settings, limit_seconds

    def __enter__(self):
        self.folder.mkdir()
        self.prepare()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def measure(self, client):
        """What this load costs with this client."""
        raise NotImplementedError

    def prepare(self):
        """Makes what the runs have in common."""
        raise NotImplementedError

    def cost(self, client, practice, command):
        client.forget()
        return cost_of(command, environment_for(client, practice), self.limit_seconds)


class Upload(Load):
    """One large file becomes one object."""

    name = "upload"

    def __init__(self, folder, settings, limit_seconds, size_bytes):
        super().__init__(folder, settings, limit_seconds)
        self.size_bytes = size_bytes
        self.file = self.folder / "source.bin"

    def prepare(self):
        write_random(self.file, self.size_bytes)

    def measure(self, client):
        with server() as practice:
            cost = self.cost(client, practice, client.upload(self.file, KEY, self.settings))
            compare_object(practice, KEY, self.file)
        return cost


class Download(Load):
    """One large object becomes one file."""

    name = "download"

    def __init__(self, folder, settings, limit_seconds, size_bytes):
        super().__init__(folder, settings, limit_seconds)
        self.size_bytes = size_bytes
        self.file = self.folder / "source.bin"
        self.practice = server()

    def prepare(self):
        write_random(self.file, self.size_bytes)
        self.practice.__enter__()
        self.practice.client().upload_file(BUCKET, KEY, str(self.file), part_size=64 * MIB, enable_checkpoint=False)

    def __exit__(self, *failure):
        self.practice.__exit__(*failure)
        super().__exit__(*failure)

    def measure(self, client):
        target = self.folder / "target.bin"
        target.unlink(missing_ok=True)
        cost = self.cost(client, self.practice, client.download(KEY, target, self.settings))
        compare_files(target, self.file)
        target.unlink()
        return cost


class ManySmall(Load):
    """Many files of 16 KiB become as many objects."""

    name = "many"

    def __init__(self, folder, settings, limit_seconds, files):
        super().__init__(folder, settings, limit_seconds)
        self.files = files
        self.source = self.folder / "files"
        self.crc64 = {}

    def prepare(self):
        self.source.mkdir()
        for number in range(self.files):
            content = os.urandom(SMALL_BYTES)
            name = f"f{number:05}"
            (self.source / name).write_bytes(content)
            self.crc64[PREFIX + name] = (len(content), crc64(content))

    def measure(self, client):
        with server() as practice:
            cost = self.cost(client, practice, client.put_many(self.source, PREFIX, self.settings))
            self.compare(practice)
        return cost

    def compare(self, practice):
        """All by size and checksum as the server took them; some of them byte for byte."""
        listed = {}
        answer = practice.client().list_objects_type2(BUCKET, prefix=PREFIX)
        while True:
            listed.update({one.key: (one.size, one.hash_crc64_ecma) for one in answer.contents})
            if not answer.is_truncated:
                break
            answer = practice.client().list_objects_type2(
                BUCKET, prefix=PREFIX, continuation_token=answer.next_continuation_token)
        if listed != self.crc64:
            wrong = [key for key in self.crc64.keys() | listed.keys() if listed.get(key) != self.crc64.get(key)]
            raise BytesDiffer(f"{len(wrong)} of {self.files} objects are not what was sent, such as {min(wrong)}")
        for key in random.sample(sorted(listed), min(COMPARED_BYTE_FOR_BYTE, len(listed))):
            compare_object(practice, key, self.source / key.removeprefix(PREFIX))


def write_random(file, size_bytes):
    with open(file, "wb") as out:
        for start in range(0, size_bytes, CHUNK_BYTES):
            out.write(os.urandom(min(CHUNK_BYTES, size_bytes - start)))


def compare_object(practice, key, file):
    # Its checksums are off: here the bytes themselves are compared.
    body = practice.client(enable_crc=False).get_object(BUCKET, key)
    compare(lambda: body.read(CHUNK_BYTES), file, f"object {key}")


def compare_files(actual, expected):
    with open(actual, "rb") as opened:
        compare(lambda: opened.read(CHUNK_BYTES), expected, f"file {actual.name}")


def compare(read, expected, what):
    at, pending, over = 0, b"", False
    with open(expected, "rb") as opened:
        while wanted := opened.read(CHUNK_BYTES):
            while len(pending) < len(wanted) and not over:
                more = read()
                over = not more
                pending += more or b""
            if pending[: len(wanted)] != wanted:
                raise BytesDiffer(f"{what} differs from {expected.name} in the bytes from {at}")
            at, pending = at + len(wanted), pending[len(wanted):]
    if pending or (not over and read()):
        raise BytesDiffer(f"{what} is longer than {expected.name}")
