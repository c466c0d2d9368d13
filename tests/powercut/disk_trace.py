"""What a program did to its files, read from the output of strace, and what a disk may keep of it after a power cut.

The model, file by file and folder by folder:
  * What a file was given before an fsync or fdatasync of it began, and the sync returned, is there. Of what came later
    any part may be: each write, change of length or reservation on its own, in no order between them; one of the
    writes may be torn, mostly at a multiple of 512 bytes.
  * The entries of a folder change in order, and any number of the last changes may be missing. None of those before an
    fsync of the folder is, nor the entry under which a file was made once that file was synced, as with ext4, XFS and
    APFS. Between folders there is no order. A rename is done or not, never half.
  * A call that had not returned is there in part or not at all.
Not imitated: a disk that lies about a sync, sectors that change by themselves, and the index of SQLite's write-ahead
log (`-shm`), which is memory and made anew by whoever opens the ledger first.
"""

import os
import re
from dataclasses import dataclass, field

CALLS = ("openat,open,creat,write,writev,pwrite64,pwritev,pwritev2,lseek,ftruncate,truncate,fallocate,fsync,fdatasync,"
         "sync_file_range,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,mmap,copy_file_range,sendfile")
# Longer than anything that is written to a ledger at once; of a temp file's bytes the start is enough.
STRING_BYTES = 4200
SECTOR = 512


class NotUnderstood(Exception):
    """The trace has something that this model has no place for; a conclusion drawn from it could be wrong."""


@dataclass
class Change:
    """One change of a file's content: a write (`data` at `offset`) or a new `length`."""

    began: int
    ended: float  # infinite if the call did not return
    offset: int = 0
    data: bytes = b""
    length: int | None = None


@dataclass
class File:
    changes: list[Change] = field(default_factory=list)
    syncs: list[tuple[int, float]] = field(default_factory=list)  # began, ended
    first_name: str = ""


@dataclass
class Entry:
    """A change of a folder's entries: `name` is now `file`, or nothing; for a rename `old` is gone at once."""

    began: int
    ended: float
    name: str
    file: File | None
    old: str | None = None


@dataclass
class Folder:
    entries: list[Entry] = field(default_factory=list)
    syncs: list[tuple[int, float]] = field(default_factory=list)


_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_LINE = re.compile(r"^(\d+) +([\d.]+) (.*)$")
_FD = r"(\d+)<((?:\\x[0-9a-f]{2})*)>"


def _bytes(text):
    return bytes.fromhex(text.replace("\\x", ""))


def _whole_calls(path):
    """(number, end or infinity, text) of each call; halves of interrupted lines are joined."""
    open_calls, calls = {}, []
    with open(path, encoding="ascii") as trace:
        for number, line in enumerate(trace):
            found = _LINE.match(line)
            if not found or not line.endswith("\n"):
                continue  # cut off by the kill
            pid, _, text = found.groups()
            if text.endswith("<unfinished ...>"):
                open_calls[pid] = (number, text.removesuffix("<unfinished ...>"))
            elif text.startswith("<... "):
                began, start = open_calls.pop(pid, (number, ""))
                calls.append((began, number, start + text.split(" resumed>", 1)[1]))
            elif not text.startswith(("+++", "---")):
                calls.append((number, number, text))
    calls += [(began, float("inf"), start) for began, start in open_calls.values()]
    return sorted(calls, key=lambda call: call[0])


class Trace:
    """What happened to the files of some folders. `known` gives the bytes of large files: path to a function of
    (offset, length), used where the trace has only the start of a write, which must agree with it."""

    def __init__(self, path, folders, known=None):
        self.roots = [str(folder) for folder in folders]
        self.known = known or (lambda path, offset, length: None)
        self.files = {}  # by present name
        self.all_files = []
        self.folders = {}
        self.positions = {}
        self.told = []  # (number, bytes) written to standard output
        self.length = 0
        for began, ended, text in _whole_calls(path):
            self.length = max(self.length, began + 1)
            self._call(began, ended, text)

    def _ours(self, path):
        inside = any(path.startswith(root + "/") for root in self.roots)
        return inside and not path.endswith("-shm")

    def _folder_of(self, path):
        return self.folders.setdefault(os.path.dirname(path), Folder())

    def _file(self, path):
        if path not in self.files:
            raise NotUnderstood(f"{path} is written to but was never made")
        return self.files[path]

    def _call(self, began, ended, text):
        name, _, rest = text.partition("(")
        result = rest.rpartition(") = ")[2] if ended != float("inf") else ""
        if result.startswith(("-1", "?")):
            return
        handler = getattr(self, "_on_" + name, None)
        if handler:
            handler(began, ended, rest, result)

    def _on_openat(self, began, ended, rest, result):
        path = _bytes(re.search(r'"((?:\\x[0-9a-f]{2})*)"', rest)[1]).decode(errors="surrogateescape")
        if not self._ours(path) or ended == float("inf"):
            return
        if "O_CREAT" in rest and path not in self.files:
            file = File(first_name=path)
            self.files[path] = file
            self.all_files.append(file)
            self._folder_of(path).entries.append(Entry(began, ended, path, file))
        if path in self.files:
            self.positions[path] = 0
            if "O_TRUNC" in rest:
                self.files[path].changes.append(Change(began, ended, length=0))

    def _written(self, rest):
        """Path, the bytes that are told, and what follows them."""
        found = re.match(_FD + r', "((?:\\x[0-9a-f]{2})*)"(\.\.\.)?, (\d+)(?:, (\d+))?', rest)
        if not found:
            return None
        number, path, data, _, length, offset = found.groups()
        path = _bytes(path).decode(errors="surrogateescape")
        return int(number), path, _bytes(data), int(length), offset

    def _on_pwrite64(self, began, ended, rest, result):
        found = self._written(rest)
        if not found:
            raise NotUnderstood(rest[:100])
        _, path, data, length, offset = found
        if not self._ours(path):
            return
        # A call that did not return may have written all of it.
        length = int(result.split()[0]) if result else length
        self._file(path).changes.append(
            Change(began, ended, int(offset), self._all_bytes(path, int(offset), data, length)))

    def _all_bytes(self, path, offset, data, length):
        if len(data) >= length:
            return data[:length]
        whole = self.known(path, offset, length)
        if whole is None or len(whole) != length or not whole.startswith(data):
            raise NotUnderstood(f"{length} bytes at {offset} of {path} are not known")
        return whole

    def _on_write(self, began, ended, rest, result):
        found = self._written(rest)
        if not found:
            return
        number, path, data, length, _ = found
        if number == 1:
            self.told.append((began, ended, data))
        elif self._ours(path):
            length = int(result.split()[0]) if result else length
            at = self.positions.get(path, 0)
            self._file(path).changes.append(Change(began, ended, at, self._all_bytes(path, at, data, length)))
            self.positions[path] = at + length

    def _refuse(self, _began, _ended, rest, _result):
        found = re.match(_FD, rest)
        if found and self._ours(_bytes(found[2]).decode(errors="surrogateescape")):
            raise NotUnderstood(rest[:200])

    # The programs of today do not write their files in these ways; if one does, this model has to learn it.
    _on_writev = _on_pwritev = _on_pwritev2 = _on_lseek = _on_copy_file_range = _on_sendfile = _refuse

    def _on_mmap(self, _began, _ended, rest, _result):
        found = re.search(r"MAP_SHARED[^,]*, " + _FD, rest)
        if found and "PROT_WRITE" in rest and self._ours(_bytes(found[2]).decode(errors="surrogateescape")):
            raise NotUnderstood("a file that matters is written through memory: " + rest[:200])

    def _fd_path(self, rest):
        return _bytes(re.match(_FD, rest)[2]).decode(errors="surrogateescape")

    def _on_ftruncate(self, began, ended, rest, _result):
        path = self._fd_path(rest)
        if self._ours(path):
            length = int(re.search(r">, (\w+)", rest)[1], 0)
            self._file(path).changes.append(Change(began, ended, length=length))

    def _on_fallocate(self, began, ended, rest, _result):
        path = self._fd_path(rest)
        if self._ours(path):
            mode, offset, length = re.search(r">, ([^,]+), (\d+), (\d+)", rest).groups()
            if mode != "0":
                raise NotUnderstood(rest[:200])
            self._file(path).changes.append(Change(began, ended, length=-(int(offset) + int(length))))

    def _on_fsync(self, began, ended, rest, _result):
        path = self._fd_path(rest)
        if path in self.roots or path in self.folders:
            self.folders.setdefault(path, Folder()).syncs.append((began, ended))
        elif self._ours(path):
            self._file(path).syncs.append((began, ended))

    _on_fdatasync = _on_fsync

    def _paths(self, rest):
        return [_bytes(text).decode(errors="surrogateescape") for text in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', rest)]

    def _on_renameat2(self, began, ended, rest, _result):
        old, new = self._paths(rest)
        if not self._ours(old) and not self._ours(new):
            return
        if os.path.dirname(old) != os.path.dirname(new) or "RENAME_EXCHANGE" in rest:
            raise NotUnderstood(rest[:200])
        file = self.files[old] if ended == float("inf") else self.files.pop(old)
        if ended != float("inf"):
            self.files[new] = file
        self._folder_of(new).entries.append(Entry(began, ended, new, file, old))

    _on_rename = _on_renameat = _on_renameat2

    def _on_unlink(self, began, ended, rest, _result):
        path = self._paths(rest)[0]
        if self._ours(path):
            self._folder_of(path).entries.append(Entry(began, ended, path, None))
            if ended != float("inf"):
                self.files.pop(path, None)

    _on_unlinkat = _on_unlink

    def _on_linkat(self, _began, _ended, rest, _result):
        if any(self._ours(path) for path in self._paths(rest)):
            raise NotUnderstood(rest[:200])

    _on_link = _on_linkat

    def rebuild(self, cut, random, deaf=lambda name: False):
        """What may be left after a power cut at line `cut`: name, file and content of each that is left. The syncs of
        files and folders whose name `deaf` picks are as if they had never been asked for."""
        loss = random.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for folder in list(self.folders.values()):
            for name, file in self._left_in(folder, cut, random, deaf).items():
                yield name, file, self._content(file, cut, random, loss, deaf)

    @staticmethod
    def _durable(syncs, cut):
        """The number of the line before which everything is on the disk."""
        return max((began for began, ended in syncs if ended < cut), default=-1)

    def _left_in(self, folder, cut, random, deaf):
        happened = [entry for entry in folder.entries if entry.began < cut]
        name_of = next((path for path, one in self.folders.items() if one is folder), "")
        certain = -1 if deaf(name_of) else self._durable(folder.syncs, cut)
        least = 0
        for at, entry in enumerate(happened):
            made = entry.old is None and entry.file is not None and not deaf(entry.name)
            synced = made and any(ended < cut for _, ended in entry.file.syncs)
            if entry.ended < certain or synced:
                least = at + 1
        left = {}
        for entry in happened[:random.randint(least, len(happened))]:
            if entry.old:
                left.pop(entry.old, None)
            if entry.file:
                left[entry.name] = entry.file
            else:
                left.pop(entry.name, None)
        return left

    def _content(self, file, cut, random, loss, deaf):
        certain = -1 if deaf(file.first_name) else self._durable(file.syncs, cut)
        content = bytearray()
        loose = [change for change in file.changes if certain <= change.ended and change.began < cut]
        torn = random.choice(loose) if loose and random.random() < 0.5 else None
        for change in file.changes:
            if change.began >= cut:
                continue
            data, length = change.data, change.length
            if change.ended >= certain:  # not covered by a sync
                if change is torn and data:
                    keep = random.randrange(len(data) + 1)
                    data = data[:keep - keep % SECTOR if random.random() < 0.8 else keep]
                elif random.random() < loss:
                    continue
            if length is None:
                if len(content) < change.offset + len(data):
                    content.extend(bytes(change.offset + len(data) - len(content)))
                content[change.offset:change.offset + len(data)] = data
            elif length >= 0:  # cut, or made longer with zeros
                del content[length:]
                content.extend(bytes(length - len(content)))
            elif len(content) < -length:  # room that is taken makes a file longer, never shorter
                content.extend(bytes(-length - len(content)))
        return bytes(content)
