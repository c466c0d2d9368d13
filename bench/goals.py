"""What the figures should be, for orientation: a goal that is missed does not fail the bench.

CPU goals are Tern's CPU seconds divided by the peer's. Memory goals are Tern's own.
"""

CPU_RATIO = {
    ("upload", "rust"): 0.60,
    ("upload", "python"): 0.10,
    ("download", "rust"): 1.00,
    ("download", "python"): 0.22,
    ("many", "rust"): 0.45,
}
PEAK_RSS_BYTES = 48 << 20

# Figures of the ledger: whether more is better, the bound, its unit, and what is measured. The bytes are those handed to
# write calls (`wchar` of /proc/self/io), journal and checkpoints included: what strace adds up.
LEDGER = {
    "part_micros": (False, 120, "µs", "a part recorded, 16 a commit"),
    "part_bytes": (False, 1536, "bytes", "written for it"),
    "part_late_over_early": (False, 1.2, "times", "part 10 000 compared with part 100"),
    "resume_ms": (False, 150, "ms", "start to first part, upload of 10 000 parts"),
    "added_a_second": (True, 200_000, "a second", "transfers added, a million"),
    "restart_ms": (False, 300, "ms", "start to first request, a million wait"),
    "page_ms": (False, 5, "ms", "slowest page of 200 anywhere among them"),
    "pause_all_ms": (False, 200, "ms", "all of them paused"),
    "memory_mib": (False, 32, "MiB", "memory that they take"),
}
