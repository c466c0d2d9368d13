"""The three clients, as command lines for one load each."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUCKET = "bench"
MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """What all clients are told."""

    part_bytes: int
    parts_in_flight: int
    files_in_flight: int


class Tern:
    """``tern-cli cp``: all of it, with ledger, checksums and progress. It chooses itself how many files move at a time."""

    name = "tern"

    def __init__(self, program, data_folder):
        self.program, self.data_folder = program, data_folder

    def forget(self):
        """Removes what it remembers of earlier runs."""
        shutil.rmtree(self.data_folder, ignore_errors=True)

    def environment(self, server):
        return {"TOS_ENDPOINT": f"http://127.0.0.1:{server.port}", "TERN_DATA_DIR": str(self.data_folder)}

    def _copy(self, settings, *addresses):
        part = f"{settings.part_bytes // MIB}MiB"
        return [self.program, "cp", "--part-size", part, "--parallel", str(settings.parts_in_flight), *addresses]

    def upload(self, file, key, settings):
        return self._copy(settings, str(file), f"tos://{BUCKET}/{key}")

    def download(self, key, file, settings):
        return self._copy(settings, f"tos://{BUCKET}/{key}", str(file))

    def put_many(self, folder, prefix, settings):
        return self._copy(settings, *sorted(str(file) for file in folder.iterdir()), f"tos://{BUCKET}/{prefix}")


class Sdk:
    """A program of ours around one of the official SDKs; both programs take the same words."""

    def __init__(self, name, command, endpoint_host):
        self.name, self.command, self.endpoint_host = name, command, endpoint_host

    def forget(self):
        """Nothing: their checkpoints are gone when a transfer is done."""

    def environment(self, server):
        return {"TOS_ENDPOINT": f"http://{self.endpoint_host}:{server.port}", "TOS_BUCKET": BUCKET}

    def upload(self, file, key, settings):
        return [*self.command, "upload", str(file), key, str(settings.part_bytes), str(settings.parts_in_flight)]

    def download(self, key, file, settings):
        return [*self.command, "download", key, str(file), str(settings.part_bytes), str(settings.parts_in_flight)]

    def put_many(self, folder, prefix, settings):
        return [*self.command, "put-many", str(folder), prefix, str(settings.files_in_flight)]


# The Rust SDK reaches the bucket by a host that stands for it; see rust-sdk/src/main.rs.
CUSTOM_DOMAIN = "localhost"


def python_sdk():
    return Sdk("python", [sys.executable, str(HERE / "python_sdk.py")], "tos.test")


def rust_sdk(program):
    return Sdk("rust", [program], CUSTOM_DOMAIN)


def environment_for(client, server):
    """The environment of a client: the server's keys, and nothing of the user's own account."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TOS_", "TERN_"))}
    return {**own, **server.settings, **client.environment(server), "TERM": "xterm"}
