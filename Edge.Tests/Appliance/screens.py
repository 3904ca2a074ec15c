"""What a person reads at each step, kept beside the test and compared: only what differs from machine to machine is replaced first."""
import difflib
import os
import re

from machine import Failed

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")

# In this order: what a later one would find in an earlier one's place comes after it.
VOLATILE = [
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\a|\x1b[=>]"), ""),
    (re.compile(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b"), "<fingerprint>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?Z)?"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<day>"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "<hash>"),
    (re.compile(r"10\.0\.2\.2:\d+|localhost:\d+"), "<broker>"),
    (re.compile(r"\b0\.\d+\.\d+\b"), "<version>"),
    (re.compile(r"kernel \S+,|\.NET 10\.0\.\d+"), "<kernel or .NET>"),
    # How fast a machine under QEMU reads depends on what else runs on the host.
    (re.compile(r"[√‼] (north-lane: running).*(\n +perhaps: raise the camera.*)?"), r"<√ or ‼> \1"),
    (re.compile(r"(runs for) .*"), r"\1 <time>"),
    (re.compile(r"\d+ (are kept|to know)"), r"<n> \1"),
    (re.compile(r"\b\d+([.,]\d+)* ?(ms|s|min|h|days?|kB|MB|GB|KiB|MiB|GiB|%|fps|px|entries|frames?|reads?|hits?|messages?)(?![\w/])"), r"<n> \2"),
]


class Screens:
    """folder: where the host's files of this run lie, whose path is not the same twice. `accept` writes what is shown as what is expected."""

    def __init__(self, folder, accept):
        self.folder, self.accept = folder, accept

    def expect(self, name, shown):
        path, shown = os.path.join(GOLDEN, f"{name}.txt"), self.steady(shown)
        if self.accept:
            os.makedirs(GOLDEN, exist_ok=True)
            with open(path, "w") as file:
                file.write(shown)
            return
        with open(path) as file:
            kept = file.read()
        if shown != kept:
            raise Failed("the screen is not as it was kept; what it should be is -, what it is +\n"
                         + "".join(difflib.unified_diff(kept.splitlines(True), shown.splitlines(True), f"golden/{name}.txt", "this run", n=2)))

    def steady(self, shown):
        for pattern, instead in VOLATILE:
            shown = pattern.sub(instead, shown)
        shown = shown.replace(self.folder, "<host>")
        return "".join(f"{line.rstrip()}\n" for line in shown.strip("\n").split("\n"))
