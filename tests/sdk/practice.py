"""Starts the practice server and lets the official Python SDK reach it.

The SDK addresses buckets as BUCKET.DOMAIN only and cannot be told an address, so names below ``tos.test`` are resolved
to the loopback interface inside this process.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback

import tos

DOMAIN = "tos.test"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SERVER_PROGRAM = os.environ.get("TOS_LOCAL_BIN", str(REPOSITORY / "target" / "debug" / "tos-local"))

_getaddrinfo = socket.getaddrinfo


def _resolve_test_domain(host, *arguments, **named):
    name = host.decode() if isinstance(host, bytes) else host
    if name and (name == DOMAIN or name.endswith("." + DOMAIN)):
        host = "127.0.0.1"
    return _getaddrinfo(host, *arguments, **named)


socket.getaddrinfo = _resolve_test_domain


class PracticeServer:
    """A server on a folder of its own; a context manager that ends exactly the process that it started."""

    def __init__(self, *flags, tls=False):
        self.folder = tempfile.mkdtemp(prefix="tos-local-")
        self.root = os.path.join(self.folder, "root")
        self.ca_file = os.path.join(self.folder, "ca.pem")
        self.tls = tls
        self.flags = list(flags)
        self.settings = {}
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def start(self, port=0):
        command = [SERVER_PROGRAM, "--root", self.root, "--port", str(port), "--domain", DOMAIN, *self.flags]
        if self.tls:
            command += ["--tls", "--ca-out", self.ca_file]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.settings = {}
        while "TOS_SECRET_KEY" not in self.settings:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"{SERVER_PROGRAM} ended with {self.process.wait()}")
            name, _, value = line.strip().removeprefix("export ").partition("=")
            self.settings[name] = value
        self.port = int(self.settings["TOS_ENDPOINT"].rsplit(":", 1)[1])

    def kill(self):
        """Ends the server as a crash would."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def endpoint(self):
        """The endpoint for SDKs: the test domain with this server's port."""
        return f"{'https' if self.tls else 'http'}://{DOMAIN}:{self.port}"

    def client(self, **changes):
        """An SDK client with this server's keys; ``changes`` are passed on to it."""
        options = {
            "ak": self.settings["TOS_ACCESS_KEY"],
            "sk": self.settings["TOS_SECRET_KEY"],
            "endpoint": self.endpoint,
            "region": self.settings["TOS_REGION"],
            "max_retry_count": 0,
            "dns_cache_time": 0,
        }
        if self.tls:
            options["ca_crt"] = self.ca_file
        return tos.TosClientV2(**{**options, **changes})


class Suite:
    """Runs tests one after the other and prints a line for each; a test that throws has failed."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def run(self, name, test, *arguments):
        try:
            test(*arguments)
        except Exception as error:  # a failed test must not hide the others
            self.failed += 1
            reason = " ".join(str(error).split()) or type(error).__name__
            print(f"FAIL {name} {reason}", flush=True)
            traceback.print_exc(file=sys.stderr)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.failed == 0 and self.passed > 0 else 1
