"""The practice server driven by the official Python SDK: what the SDK believes in is what our client is held to."""

import base64
import hashlib
import os
import random
import sys
import tempfile
import urllib.error
import urllib.request

import tos
from tos.checkpoint import CancelHook
from tos.enum import CannedType, GranteeType, PermissionType, StatusType, TierType
from tos.exceptions import TosClientError, TosServerError
from tos.models2 import (
    BucketLifeCycleAbortInCompleteMultipartUpload, BucketLifeCycleRule, Grant, Grantee, ObjectTobeDeleted, Owner,
    RestoreJobParameters, Tag, UploadedPart,
)
from tos.utils import Crc64

from practice import PracticeServer, Suite

MIB = 1 << 20
PART = 5 * MIB
KEYS = [
    "plain.txt",
    "a b/c d.txt",
    "目录/文件 一.txt",
    "😀/🎉.bin",
    "a+b=c&d;e,f.txt",
    "100%25/%2F%41.txt",
    "~tilde-_.!*'()",
    "a//b",
    "/leading",
    "n" * 1000,
    "folder/",
]


def check(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: {str(actual)[:200]!r} is not {str(expected)[:200]!r}")


def body_of(size, seed):
    return random.Random(seed).randbytes(size)


def crc64(data):
    total = Crc64(0)
    total.update(data)
    return total.crc


def refused(call, status, code):
    try:
        call()
    except TosServerError as error:
        check((error.status_code, error.code), (status, code), "refusal")
        if status != 304 and not error.request_id:
            raise AssertionError("the refusal has no request id")
        return error
    raise AssertionError(f"not refused with {status} {code}")


def read(client, bucket, key, **options):
    return client.get_object(bucket, key, **options).read()


def listed_names(result):
    return [item.key for item in result.contents], [item.prefix for item in result.common_prefixes]


def buckets(client):
    names = [bucket.name for bucket in client.list_buckets().buckets]
    check("first" in names and "second" in names, True, "both buckets are listed")
    check(client.head_bucket("first").region, "cn-beijing", "region")
    check(client.get_bucket_location("first").region, "cn-beijing", "location")
    refused(lambda: client.create_bucket("first"), 409, "BucketAlreadyOwnedByYou")
    client.create_bucket("short-lived")
    client.put_object("short-lived", "k", content=b"x")
    refused(lambda: client.delete_bucket("short-lived"), 409, "BucketNotEmpty")
    client.delete_object("short-lived", "k")
    client.delete_bucket("short-lived")
    check(refused(lambda: client.list_objects_type2("short-lived"), 404, "NoSuchBucket").header["x-tos-ec"], "0006-00000001")


def put_and_get(client):
    for index, key in enumerate(KEYS):
        data = body_of(index * 7919, key)
        put = client.put_object("first", key, content=data, meta={"名": "值 x", "k1": str(index)})
        check(put.etag, hashlib.md5(data).hexdigest(), "etag of put")
        check(put.header["etag"], f'"{put.etag}"', "quotes of the etag")
        check(put.hash_crc64_ecma, crc64(data), "crc of put")
        check(read(client, "first", key), data, key)
        head = client.head_object("first", key)
        check(head.content_length, len(data), "length")
        check(head.hash_crc64_ecma, crc64(data), "crc of head")
        check((head.meta["名"], head.meta["k1"]), ("值 x", str(index)), "metadata")
    names, _ = listed_names(client.list_objects_type2("first", max_keys=1000))
    check(names, sorted(KEYS, key=lambda key: key.encode()), "listing")


def object_headers(client):
    client.put_object(
        "first", "headers", content=b"0123456789", content_type="text/plain", cache_control="no-cache",
        content_disposition='attachment; filename="中文 a.txt"', content_language="zh-CN",
        content_md5=base64.b64encode(hashlib.md5(b"0123456789").digest()).decode(),
        storage_class=tos.StorageClassType.Storage_Class_Ia, acl=tos.ACLType.ACL_Private)
    head = client.head_object("first", "headers")
    check(head.content_type, "text/plain")
    check(head.cache_control, "no-cache")
    check(head.content_disposition, 'attachment; filename="中文 a.txt"')
    check(head.content_language, "zh-CN")
    check(head.storage_class, tos.StorageClassType.Storage_Class_Ia)
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    refused(lambda: client.put_object("first", "broken", content=b"x", content_md5=wrong), 400, "BadDigest")
    refused(lambda: client.get_object("first", "broken"), 404, "NoSuchKey")


def ranges_and_conditions(client):
    data = body_of(300_000, "range")
    etag = client.put_object("first", "ranged", content=data).etag
    for start, end in [(0, 0), (0, 65535), (65536, 299_999), (299_999, 400_000)]:
        check(read(client, "first", "ranged", range_start=start, range_end=end), data[start:end + 1], f"{start}-{end}")
    check(read(client, "first", "ranged", range="bytes=-5"), data[-5:], "suffix")
    refused(lambda: client.get_object("first", "ranged", range="bytes=300000-"), 416, "InvalidRange")
    check(read(client, "first", "ranged", if_match=etag), data, "if-match")
    refused(lambda: client.get_object("first", "ranged", if_match='"other"'), 412, "PreconditionFailed")
    try:
        client.get_object("first", "ranged", if_none_match=etag)
    except TosServerError as error:
        check(error.status_code, 304, "if-none-match")
    else:
        raise AssertionError("if-none-match was not heeded")


def overwriting(client):
    client.put_object("first", "once", content=b"1")
    refused(lambda: client.put_object("first", "once", content=b"2", forbid_overwrite=True), 409, "DuplicateObject")
    check(read(client, "first", "once"), b"1")
    client.put_object("first", "once", content=b"3")
    check(read(client, "first", "once"), b"3")


def listing(client):
    keys = [f"list/{folder}/{number:02}" for folder in "abc" for number in range(7)] + ["list/top", "list/z z+%"]
    for key in keys:
        client.put_object("second", key, content=key.encode())
    joined, prefixes, token, pages = [], [], "", 0
    while True:
        page = client.list_objects_type2("second", prefix="list/", delimiter="/", max_keys=2, continuation_token=token)
        names, common = listed_names(page)
        check(len(names) + len(common) <= 2, True, "page size")
        joined += names
        prefixes += common
        pages += 1
        if not page.is_truncated:
            break
        token = page.next_continuation_token
    check((joined, prefixes, pages), (["list/top", "list/z z+%"], ["list/a/", "list/b/", "list/c/"], 3), "pages")
    flat = client.list_objects_type2("second", prefix="list/", start_after="list/b/03", max_keys=1000)
    check(listed_names(flat)[0], sorted(key for key in keys if key > "list/b/03"), "start-after")
    check([item.hash_crc64_ecma for item in flat.contents], [crc64(item.key.encode()) for item in flat.contents], "crc")
    old = client.list_objects("second", prefix="list/", delimiter="/", max_keys=1000)
    check([item.key for item in old.contents], ["list/top", "list/z z+%"], "the old listing")
    encoded = client.list_objects_type2("second", prefix="list/z", encoding_type="url")
    check(listed_names(encoded)[0], ["list%2Fz+z%2B%25"], "url encoding")


def deleting(client):
    client.put_object("second", "gone", content=b"x")
    client.delete_object("second", "gone")
    client.delete_object("second", "gone")
    refused(lambda: client.get_object("second", "gone"), 404, "NoSuchKey")
    keys = ["del/a b", "del/目", "del/c"]
    for key in keys:
        client.put_object("second", key, content=b"x")
    result = client.delete_multi_objects("second", [ObjectTobeDeleted(key) for key in keys[:2]], quiet=False)
    check(sorted(item.key for item in result.deleted), sorted(keys[:2]), "deleted")
    check(listed_names(client.list_objects_type2("second", prefix="del/"))[0], ["del/c"], "what is left")


def multipart(client):
    key, data = "multi/文 件.bin", body_of(2 * PART + 12345, "multi")
    upload = client.create_multipart_upload("first", key, content_type="video/x", meta={"m": "1"})
    pieces = [data[at:at + PART] for at in range(0, len(data), PART)]
    parts = []
    for number in (3, 1, 2):
        piece = pieces[number - 1]
        out = client.upload_part("first", key, upload.upload_id, number, content=piece)
        check((out.etag, out.hash_crc64_ecma), (hashlib.md5(piece).hexdigest(), crc64(piece)), f"part {number}")
        parts.append(UploadedPart(number, out.etag))
    first = client.list_parts("first", key, upload.upload_id, max_parts=2)
    rest = client.list_parts("first", key, upload.upload_id, part_number_marker=first.next_part_number_marker)
    check((first.is_truncated, rest.is_truncated), (True, False), "pages of parts")
    check([(part.part_number, part.size) for part in first.parts + rest.parts],
          [(number + 1, len(piece)) for number, piece in enumerate(pieces)], "parts")
    found = client.list_multipart_uploads("first", prefix="multi/")
    check([(item.key, item.upload_id) for item in found.uploads], [(key, upload.upload_id)], "uploads")
    wrong = [UploadedPart(1, "0" * 32)]
    refused(lambda: client.complete_multipart_upload("first", key, upload.upload_id, wrong), 400, "InvalidPart")
    done = client.complete_multipart_upload("first", key, upload.upload_id, sorted(parts, key=lambda part: part.part_number))
    md5s = b"".join(hashlib.md5(piece).digest() for piece in pieces)
    check(done.etag, f"{hashlib.md5(md5s).hexdigest()}-3", "etag of the whole")
    check(done.hash_crc64_ecma, crc64(data), "crc of the whole")
    check(read(client, "first", key), data, "bytes")
    check(read(client, "first", key, range_start=PART - 3, range_end=PART + 2), data[PART - 3:PART + 3], "across parts")
    head = client.head_object("first", key)
    check((head.content_type, head.meta["m"]), ("video/x", "1"), "headers of create")
    refused(lambda: client.upload_part("first", key, upload.upload_id, 1, content=b"x"), 404, "NoSuchUpload")
    refused(lambda: client.abort_multipart_upload("first", key, upload.upload_id), 404, "NoSuchUpload")


def multipart_rules(client):
    upload = client.create_multipart_upload("first", "rules").upload_id
    small = [UploadedPart(n, client.upload_part("first", "rules", upload, n, content=b"small").etag) for n in (1, 2)]
    refused(lambda: client.complete_multipart_upload("first", "rules", upload, small), 400, "EntityTooSmall")
    refused(lambda: client.upload_part("first", "rules", upload, 10_001, content=b"x"), 400, "InvalidPartNumber")
    client.abort_multipart_upload("first", "rules", upload)
    refused(lambda: client.list_parts("first", "rules", upload), 404, "NoSuchUpload")
    check(client.list_multipart_uploads("first", prefix="rules").uploads, [], "uploads after abort")
    whole = client.create_multipart_upload("first", "rules").upload_id
    client.upload_part("first", "rules", whole, 4, content=b"all of it")
    client.complete_multipart_upload("first", "rules", whole, complete_all=True)
    check(read(client, "first", "rules"), b"all of it")
    empty = client.create_multipart_upload("first", "empty").upload_id
    part = client.upload_part("first", "empty", empty, 1, content=b"")
    done = client.complete_multipart_upload("first", "empty", empty, [UploadedPart(1, part.etag)])
    check((done.hash_crc64_ecma, read(client, "first", "empty")), (0, b""), "an object of no bytes")


def copying(client):
    data = body_of(100_000, "copy")
    source = "源 +%2F/a.bin"
    etag = client.put_object("first", source, content=data, content_type="text/x", meta={"k": "v"}).etag
    copy = client.copy_object("second", "kopie +/文", "first", source)
    check((copy.etag, read(client, "second", "kopie +/文")), (etag, data), "copy")
    head = client.head_object("second", "kopie +/文")
    check((head.content_type, head.meta["k"], head.hash_crc64_ecma), ("text/x", "v", crc64(data)), "what travels along")
    client.copy_object("second", "replaced", "first", source, metadata_directive=tos.MetadataDirectiveType.Metadata_Directive_Replace,
                       content_type="text/y", meta={"n": "w"})
    head = client.head_object("second", "replaced")
    check((head.content_type, dict(head.meta)), ("text/y", {"n": "w"}), "replaced metadata")
    refused(lambda: client.copy_object("second", "no", "first", source, copy_source_if_match='"x"'), 412, "PreconditionFailed")
    refused(lambda: client.copy_object("second", "no", "first", "missing"), 404, "NoSuchKey")


def part_copying(client):
    data = body_of(PART + 1000, "part copy")
    client.put_object("first", "long", content=data)
    upload = client.create_multipart_upload("second", "long").upload_id
    parts = []
    for number, (start, end) in enumerate([(0, PART - 1), (PART, PART + 999)], 1):
        part = client.upload_part_copy("second", "long", upload, number, "first", "long",
                                       copy_source_range_start=start, copy_source_range_end=end)
        check(part.etag, hashlib.md5(data[start:end + 1]).hexdigest(), "etag of the part")
        parts.append(UploadedPart(number, part.etag))
    done = client.complete_multipart_upload("second", "long", upload, parts)
    check(done.hash_crc64_ecma, crc64(data), "crc of the copy")
    check(read(client, "second", "long"), data, "bytes of the copy")


class CancelAfter:
    """Stops a resumable call after some parts, as a user who closes the program would."""

    def __init__(self, parts, part_event):
        self.hook = CancelHook()
        self.seen = 0
        self.left = parts
        self.part_event = part_event

    def __call__(self, kind, *_):
        if kind == self.part_event:
            self.seen += 1
            if self.seen == self.left:
                self.hook.cancel(False)


def interrupted(call, part_event):
    """Runs a call until two of its parts are done; returns nothing."""
    stop = CancelAfter(2, part_event)
    try:
        call(stop.hook, stop)
    except TosClientError:
        return
    raise AssertionError("the call was not interrupted")


def resumable_upload(client):
    data = body_of(5 * PART + 77, "upload file")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "up.bin")
        with open(path, "wb") as file:
            file.write(data)
        event = tos.UploadEventType.Upload_Event_Upload_Part_Succeed

        def upload(hook, listener):
            return client.upload_file("first", "resumed up", path, part_size=PART, task_num=1, enable_checkpoint=True,
                                      checkpoint_file=folder, cancel_hook=hook, upload_event_listener=listener)

        interrupted(upload, event)
        (paused,) = client.list_multipart_uploads("first", prefix="resumed up").uploads
        check(len(client.list_parts("first", "resumed up", paused.upload_id).parts) >= 2, True, "parts of the first run")
        counter = CancelAfter(1 << 30, event)
        done = upload(None, counter)
        check(counter.seen < 6, True, "parts that were sent again")
        check(done.upload_id, paused.upload_id, "upload id")
        check(done.hash_crc64_ecma, crc64(data), "crc")
    check(read(client, "first", "resumed up"), data, "bytes")
    check(client.list_multipart_uploads("first", prefix="resumed up").uploads, [], "uploads left over")


def resumable_download(client):
    data = body_of(5 * PART + 77, "download file")
    client.put_object("first", "to fetch", content=data)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "down.bin")
        event = tos.DownloadEventType.Download_Event_Download_Part_Succeed

        def download(hook, listener):
            return client.download_file("first", "to fetch", path, part_size=PART, task_num=1, enable_checkpoint=True,
                                        checkpoint_file=folder, cancel_hook=hook, download_event_listener=listener)

        interrupted(download, event)
        counter = CancelAfter(1 << 30, event)
        download(None, counter)
        check(counter.seen < 6, True, "parts that were fetched again")
        with open(path, "rb") as file:
            check(file.read(), data, "bytes")


def resumable_copy(client):
    data = body_of(5 * PART + 77, "copy file")
    client.put_object("first", "to copy", content=data)
    event = tos.CopyEventType.Copy_Event_Create_Part_Copy_Succeed
    with tempfile.TemporaryDirectory() as folder:

        def copy(hook, listener):
            return client.resumable_copy_object("second", "copied", "first", "to copy", part_size=PART, task_num=1,
                                                enable_checkpoint=True, checkpoint_file=folder, cancel_hook=hook,
                                                copy_event_listener=listener)

        interrupted(copy, event)
        counter = CancelAfter(1 << 30, event)
        copy(None, counter)
        check(counter.seen < 6, True, "parts that were copied again")
    check(read(client, "second", "copied"), data, "bytes")


def versioning(client):
    client.create_bucket("versioned")
    check(client.get_bucket_version("versioned").status in (None, ""), True, "never versioned")
    client.put_bucket_versioning("versioned", tos.VersioningStatusType.Versioning_Status_Enabled)
    first = client.put_object("versioned", "k", content=b"one").version_id
    second = client.put_object("versioned", "k", content=b"two").version_id
    check(read(client, "versioned", "k"), b"two")
    check(read(client, "versioned", "k", version_id=first), b"one")
    marker = client.delete_object("versioned", "k")
    check(marker.delete_marker, True, "delete marker")
    refused(lambda: client.get_object("versioned", "k"), 404, "NoSuchKey")
    page = client.list_object_versions("versioned")
    check([(item.key, item.version_id) for item in page.versions], [("k", second), ("k", first)], "versions")
    check([item.version_id for item in page.delete_markers], [marker.version_id], "markers")
    client.delete_object("versioned", "k", version_id=marker.version_id)
    check(read(client, "versioned", "k"), b"two", "undeleted")
    client.copy_object("versioned", "k", "versioned", "k", src_version_id=first)
    check(read(client, "versioned", "k"), b"one", "an older version copied over its key")
    one = client.list_object_versions("versioned", max_keys=1)
    rest = client.list_object_versions("versioned", key_marker=one.next_key_marker, version_id_marker=one.next_version_id_marker)
    check((len(one.versions), one.is_truncated, [item.version_id for item in rest.versions]), (1, True, [second, first]), "pages")
    client.put_bucket_versioning("versioned", tos.VersioningStatusType.Versioning_Status_Suspended)
    check(client.get_bucket_version("versioned").status, tos.VersioningStatusType.Versioning_Status_Suspended, "suspended")


def properties(client):
    key = "属性 +/a.txt"
    client.put_object("first", key, content=b"bytes", content_type="text/x", cache_control="no-cache", meta={"old": "1"})
    client.set_object_meta("first", key, content_type="text/y", content_disposition='attachment; filename="文 件.txt"',
                           meta={"名": "值 x"})
    head = client.head_object("first", key)
    check((head.content_type, head.cache_control, head.content_disposition), ("text/y", None, 'attachment; filename="文 件.txt"'))
    check(dict(head.meta), {"名": "值 x"}, "metadata is replaced")
    check(read(client, "first", key), b"bytes")

    check(client.get_object_tagging("first", key).tag_set, [], "no tags")
    tags = [("项目", "转 码"), ("t", "a+b=c")]
    client.put_object_tagging("first", key, [Tag(name, value) for name, value in tags])
    check([(tag.key, tag.value) for tag in client.get_object_tagging("first", key).tag_set], tags, "tags")
    client.delete_object_tagging("first", key)
    check(client.get_object_tagging("first", key).tag_set, [], "tags are gone")

    check(client.get_object_acl("first", key).is_default, True, "the ACL of the bucket")
    client.put_object_acl("first", key, acl=tos.ACLType.ACL_Public_Read)
    shown = [(grant.grantee.canned, grant.permission) for grant in client.get_object_acl("first", key).grants]
    check(shown[1:], [(CannedType.Canned_All_Users, PermissionType.Permission_Read)], "public-read")
    friend = Grant(Grantee(GranteeType.Grantee_User, id="2100000001"), PermissionType.Permission_Read)
    everybody = Grant(Grantee(GranteeType.Grantee_Group, canned=CannedType.Canned_All_Users), PermissionType.Permission_Read_Acp)
    client.put_object_acl("first", key, owner=Owner("practice", "practice"), grants=[friend, everybody])
    acl = client.get_object_acl("first", key)
    check([(grant.grantee.id, grant.permission) for grant in acl.grants],
          [("2100000001", PermissionType.Permission_Read), (None, PermissionType.Permission_Read_Acp)], "chosen grants")
    client.put_object_acl("first", key, grant_read='canned="AuthenticatedUsers"')
    check(client.get_object_acl("first", key).grants[0].grantee.canned, CannedType.Canned_Authenticated_Users, "by header")


def restoring(client):
    client.put_object("first", "cold", content=b"ice", storage_class=tos.StorageClassType.Storage_Class_Archive)
    refused(lambda: client.get_object("first", "cold"), 403, "ObjectNotRestored")
    job = RestoreJobParameters(TierType.Tier_Expedited)
    check(client.restore_object("first", "cold", 7, restore_job_parameters=job).status_code, 202, "begun")
    # The server under these tests restores at once.
    check(read(client, "first", "cold"), b"ice", "restored")
    head = client.head_object("first", "cold")
    check(head.header["x-tos-restore"].startswith('ongoing-request="false", expiry-date="'), True, "state")
    check(client.restore_object("first", "cold", 8).status_code, 200, "extended")
    refused(lambda: client.restore_object("first", "cold", 366), 400, "InvalidArgument")


def renaming(client):
    client.create_bucket("renaming")
    check(client.get_bucket_rename("renaming").rename_enable, False, "off")
    client.put_object("renaming", "before", content=b"x")
    refused(lambda: client.rename_object("renaming", "before", "b"), 405, "MethodNotAllowed")
    client.put_bucket_rename("renaming", True)
    check(client.get_bucket_rename("renaming").rename_enable, True, "on")
    etag = client.put_object("renaming", "旧 + 名", content=b"bytes", meta={"k": "v"}).etag
    client.put_object("renaming", "taken", content=b"other")
    refused(lambda: client.rename_object("renaming", "旧 + 名", "taken", forbid_overwrite=True), 409, "DuplicateObject")
    client.rename_object("renaming", "旧 + 名", "新 名/a+b&c=1%.txt")
    refused(lambda: client.get_object("renaming", "旧 + 名"), 404, "NoSuchKey")
    head = client.head_object("renaming", "新 名/a+b&c=1%.txt")
    check((head.etag, head.meta["k"], read(client, "renaming", "新 名/a+b&c=1%.txt")), (etag, "v", b"bytes"), "renamed")
    client.delete_bucket_rename("renaming")
    check(client.get_bucket_rename("renaming").rename_enable, False, "off again")


def bucket_rules(client):
    refused(lambda: client.get_bucket_lifecycle("second"), 404, "NoSuchLifecycleConfiguration")
    abort = BucketLifeCycleAbortInCompleteMultipartUpload(days_after_init=7)
    rule = BucketLifeCycleRule(StatusType.Status_Enable, abort_in_complete_multipart_upload=abort, id="abort", prefix="tmp/")
    client.put_bucket_lifecycle("second", [rule])
    (shown,) = client.get_bucket_lifecycle("second").rules
    check((shown.id, shown.prefix, shown.status, shown.abort_in_complete_multipart_upload.days_after_init),
          ("abort", "tmp/", StatusType.Status_Enable, 7), "the rule")
    client.delete_bucket_lifecycle("second")
    refused(lambda: client.get_bucket_lifecycle("second"), 404, "NoSuchLifecycleConfiguration")
    info = client.get_bucket_info("second").bucket_info
    check((info.name, info.location, info.storage_class), ("second", "cn-beijing", tos.StorageClassType.Storage_Class_Standard))


def presigned(client):
    data = body_of(1000, "presigned")
    key = "presigned +/文"
    put = client.pre_signed_url(tos.HttpMethodType.Http_Method_Put, "first", key, expires=60)
    request = urllib.request.Request(put.signed_url, data=data, method="PUT", headers=put.signed_header)
    context = client_context(client)
    check(urllib.request.urlopen(request, context=context).status, 200, "presigned put")
    get = client.pre_signed_url(tos.HttpMethodType.Http_Method_Get, "first", key, expires=60)
    check(urllib.request.urlopen(get.signed_url, context=context).read(), data, "presigned get")
    try:
        urllib.request.urlopen(get.signed_url[:-1] + ("0" if get.signed_url[-1] != "0" else "1"), context=context)
    except urllib.error.HTTPError as error:
        check(error.code, 403, "a changed signature")
    else:
        raise AssertionError("a changed signature was accepted")


def client_context(client):
    import ssl
    return ssl.create_default_context(cafile=client.ca_crt) if client.ca_crt else None


def wrong_keys(server):
    refused(lambda: server.client(ak="AKLTnobody").list_buckets(), 403, "InvalidAccessKeyId")
    refused(lambda: server.client(sk="wrong").list_buckets(), 403, "SignatureDoesNotMatch")
    wrong = server.client(sk="wrong")
    refused(lambda: wrong.put_object("first", "never", content=b"x" * 3 * MIB), 403, "SignatureDoesNotMatch")
    refused(lambda: server.client(region="cn-nowhere").list_objects_type2("first"), 403, "CrossRegionAccessError")
    refused(lambda: server.client(security_token="unasked").list_buckets(), 403, "InvalidSecurityToken")
    refused(lambda: server.client(ak="", sk="").list_objects_type2("first"), 403, "AccessDenied")
    refused(lambda: server.client().get_object("first", "never"), 404, "NoSuchKey")


def surviving_a_kill(server):
    client = server.client()
    data = body_of(PART, "survives")
    client.put_object("first", "survives", content=data)
    upload = client.create_multipart_upload("first", "goes on").upload_id
    part = client.upload_part("first", "goes on", upload, 1, content=data)
    port = server.port
    server.kill()
    server.start(port)
    client = server.client()
    check(read(client, "first", "survives"), data, "an object after the kill")
    rest = client.upload_part("first", "goes on", upload, 2, content=b"rest")
    client.complete_multipart_upload("first", "goes on", upload, [UploadedPart(1, part.etag), UploadedPart(2, rest.etag)])
    check(read(client, "first", "goes on"), data + b"rest", "an upload that went on after the kill")


TESTS = [
    buckets, put_and_get, object_headers, ranges_and_conditions, overwriting, listing, deleting, multipart,
    multipart_rules, copying, part_copying, resumable_upload, resumable_download, resumable_copy, versioning, properties,
    restoring, renaming, bucket_rules, presigned,
]


def main():
    suite = Suite()
    for scheme in ("http", "https"):
        with PracticeServer("--bucket", "first", "--bucket", "second", "--restore-ms", "0", tls=scheme == "https") as server:
            client = server.client()
            for test in TESTS:
                suite.run(f"python/{scheme}/{test.__name__}", test, client)
            suite.run(f"python/{scheme}/wrong_keys", wrong_keys, server)
            suite.run(f"python/{scheme}/surviving_a_kill", surviving_a_kill, server)
    return suite.finish()


if __name__ == "__main__":
    sys.exit(main())
