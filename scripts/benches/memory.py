"""How much memory this process has had at most."""

from pathlib import Path


def peak() -> float:
    """MB of 1024². Not from getrusage: that counts what the parent held at the fork as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
