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
        self.folder, self.accept, self.seen, self.different = folder, accept, [], []

    def expect(self, name, shown):
        """Notes whether it is as it was kept. It does not stop what goes on: `all_as_kept` says it once every screen has been seen."""
        self.seen.append(name)
        path, shown = os.path.join(GOLDEN, f"{name}.txt"), self.steady(shown)
        os.makedirs(os.path.join(self.folder, "screens"), exist_ok=True)
        with open(os.path.join(self.folder, "screens", f"{name}.txt"), "w") as file:
            file.write(shown)
        if self.accept:
            os.makedirs(GOLDEN, exist_ok=True)
            with open(path, "w") as file:
                file.write(shown)
            return
        kept = ""
        if os.path.exists(path):
            with open(path) as file:
                kept = file.read()
        if shown != kept:
            self.different.append("".join(difflib.unified_diff(kept.splitlines(True), shown.splitlines(True), f"golden/{name}.txt", "this run", n=2)))

    def all_as_kept(self):
        if unseen := sorted({name.removesuffix(".txt") for name in os.listdir(GOLDEN)} - set(self.seen)):
            raise Failed(f"never shown: {', '.join(unseen)}")
        if self.different:
            raise Failed("not as they were kept; what they should be is -, what they are +\n" + "\n".join(self.different))
        return f"{len(self.seen)} screens"

    def steady(self, shown):
        for pattern, instead in VOLATILE:
            shown = pattern.sub(instead, shown)
        shown = shown.replace(self.folder, "<host>")
        return "".join(f"{line.rstrip()}\n" for line in shown.strip("\n").split("\n"))
