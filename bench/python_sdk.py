"""The three loads of the bench, done with the official Python SDK as its good user would.

Its own ``upload_file`` and ``download_file`` with as many tasks as Tern has parts in flight, checkpoint and CRC on as
they are by default; a pool of threads for small files.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "sdk"))
import practice  # noqa: E402,F401  resolves names below tos.test to the loopback interface, here only
import tos  # noqa: E402

USAGE = """usage: python_sdk.py upload FILE KEY PART_BYTES IN_FLIGHT
       python_sdk.py download KEY FILE PART_BYTES IN_FLIGHT
       python_sdk.py put-many FOLDER PREFIX IN_FLIGHT"""


def upload(client, bucket, file, key, part_bytes, in_flight):
    client.upload_file(bucket, key, file, part_size=int(part_bytes), task_num=int(in_flight))


def download(client, bucket, key, file, part_bytes, in_flight):
    client.download_file(bucket, key, file, part_size=int(part_bytes), task_num=int(in_flight))


def put_many(client, bucket, folder, prefix, in_flight):
    def put(file):
        client.put_object_from_file(bucket, prefix + file.name, str(file))

    with ThreadPoolExecutor(int(in_flight)) as pool:
        for _ in pool.map(put, Path(folder).iterdir()):
            pass


def main(words):
    loads = {"upload": (upload, 4), "download": (download, 4), "put-many": (put_many, 3)}
    load, count = loads.get(words[0] if words else "", (None, 0))
    if load is None or len(words) != count + 1:
        sys.exit(USAGE)
    client = tos.TosClientV2(
        ak=os.environ["TOS_ACCESS_KEY"], sk=os.environ["TOS_SECRET_KEY"], region=os.environ["TOS_REGION"],
        endpoint=os.environ["TOS_ENDPOINT"], dns_cache_time=0)
    load(client, os.environ["TOS_BUCKET"], *words[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
