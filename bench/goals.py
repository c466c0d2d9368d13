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
