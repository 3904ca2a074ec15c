"""The power goes while hits flow, and again while the box starts from that: it comes back by itself, goes on as one history, and has lost nothing."""
import json
import os
import random
import statistics
import subprocess
import time

from agency import NOBODYS, WANTED
from machine import Failed

# Seconds for one step in a machine that has a processor's twentieth.
SLOW = 900
LOG, KEY = "/var/lib/edge-agent/audit", "/root/box-7.vkey"


# A box's power that goes often goes again while it starts: seconds after power-on, from the kernel's first to the first frame.
WHILE_STARTING = (5, 110)


def run(site):
    bring_key(site)
    cuts = Cuts(site.folder)
    for _ in range(site.options.power_cuts):
        if not site.step(f"power cut {len(cuts.all) + 1}", cut_power, site, cuts):
            break
    site.step("every hit that the box has logged is at the hub, once, and no number came twice or is missing", nothing_lost, site)
    site.step("an exported copy verifies on another machine, with the auditors' program", verify_elsewhere, site)
    site.step("no plate in clear anywhere on the disk, looked for or not", search_disk, site)
    print(f"  {cuts}", flush=True)


class Cuts:
    """The cuts of this box since it was commissioned, in the folder of the run: a line each, so that a long row of them is made in parts."""

    def __init__(self, folder):
        self.path, self.all = os.path.join(folder, "power-cuts.jsonl"), []
        if os.path.exists(self.path):
            with open(self.path) as file:
                self.all = [json.loads(line) for line in file]

    def add(self, **cut):
        self.all.append({"cut": len(self.all) + 1, **cut})
        with open(self.path, "a") as file:
            file.write(json.dumps(self.all[-1]) + "\n")

    def __str__(self):
        if not self.all:
            return "no cut so far"
        frames = [cut["frame"] for cut in self.all]
        starting = sum(cut["starting"] is not None for cut in self.all)
        return (f"{len(self.all)} cuts while hits flowed and {starting} while it started, of this box so far; first frame "
                f"{statistics.median(frames):.0f} s after power-on in the middle, {min(frames):.0f} to {max(frames):.0f} s")


def bring_key(site):
    """The log's public keys, as the agency has them: box-7.vkey."""
    with open(os.path.join(site.agency.city, "boxes", "box-7.json")) as file:
        known = json.load(file)
    site.vkey = os.path.join(site.folder, "box-7.vkey")
    with open(site.vkey, "w") as file:
        file.write(f"{known['log']}\n{known['logEpoch']}\n")
    with open(site.vkey, "rb") as file:
        site.machine.write(KEY, file.read())


def cut_power(site, cuts):
    machine, agency = site.machine, site.agency
    # Each cut has its own moments, whichever run it is made in; every second one has a cut while starting behind it.
    number = len(cuts.all) + 1
    drawn = random.Random(number)
    moment, starting = drawn.uniform(0, 4), drawn.uniform(*WHILE_STARTING) if number % 2 == 0 else None
    agency.wait_for_hits(len(agency.hit_ids()) + 2, SLOW)
    time.sleep(moment)
    checkpoint = machine.read(f"{LOG}/checkpoint")
    machine.power_cut()
    if starting is not None:
        machine.start()
        time.sleep(starting)
        machine.power_cut()
    boot = site.boot()
    machine.until("systemctl is-active -q edge-agent && systemctl is-active -q edge-vision", SLOW)
    up = time.monotonic() - machine.began
    machine.until("grep -Eq '\"frames\":[1-9]' /run/edge-agent/health.json", SLOW)
    frame = time.monotonic() - machine.began
    machine.write("/run/before-the-cut", checkpoint)
    machine.must(f"edge-agent audit verify {LOG} --key {KEY} --checkpoint /run/before-the-cut", 300)
    if machine.run("systemctl list-units --failed --plain --no-legend")[1].strip():
        raise Failed("a unit has failed: " + machine.run("systemctl list-units --failed --plain --no-legend")[1])
    cuts.add(moment=round(moment, 2), starting=None if starting is None else round(starting), boot=round(boot), services=round(up), frame=round(frame),
             at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    again = "" if starting is None else f"again {starting:.0f} s after power-on; "
    return (f"{again}boot {boot:.0f} s, services {up:.0f} s, first frame examined {frame:.0f} s after power-on; "
            "the log goes on from its last checkpoint")


def nothing_lost(site):
    machine, agency = site.machine, site.agency
    machine.must("systemctl stop edge-vision", 120)
    try:
        machine.until("grep -q '\"ready\":0,' /run/edge-agent/health.json", 300)
        said = machine.must(f"edge-agent audit search {LOG} --action hit.stored --json", SLOW)
        logged = [json.loads(line)["entry"]["sequence"] for line in said.splitlines() if line.startswith("{")]
        came = sorted(event["sequence"] for event in agency.events("edge.hit.v1"))
        accounts = [event for event in agency.events() if event["type"] in ("hub.missing", "hub.anew", "hub.givenup")]
    finally:
        machine.must("systemctl start edge-vision", 120)
    if accounts:
        raise Failed(f"the hub says: {accounts}")
    if len(set(came)) != len(came):
        raise Failed(f"numbers came twice: {came}")
    if set(logged) != set(came):
        raise Failed(f"logged and not at the hub: {sorted(set(logged) - set(came))}; at the hub and not logged: {sorted(set(came) - set(logged))}")
    return f"{len(came)} hits"


def verify_elsewhere(site):
    bundle = os.path.join(site.folder, "box-7.tar")
    site.machine.must(f"rm -rf /root/box-7.tar; edge-agent audit export {LOG} /root/box-7.tar --public", SLOW)
    site.fetch("/root/box-7.tar", bundle)
    return verify(site, bundle)


def verify(site, bundle):
    """With edge-verify, on the host."""
    ended = subprocess.run([site.verifier, "verify", bundle, "--key", site.vkey], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ended.returncode != 0:
        raise Failed(f"edge-verify ended with {ended.returncode}: {ended.stdout}")
    return ended.stdout.strip().split("\n")[-1]


def search_disk(site):
    """What was ever written on it, as a thief has it: the overlay holds every cluster that the box has changed, as it is. The package brings the
    demonstration's plates in a file of its own; they may stand there, and no further time."""
    site.machine.must("sync")
    with open(os.path.join(site.folder, "plates-installed.json")) as file:
        before = json.load(file)
    now = count_plates(site)
    if now["north-lane"] <= before["north-lane"]:
        raise Failed("the search does not find what is there")
    if more := [plate for plate in WANTED + NOBODYS if now[plate] > before[plate]]:
        raise Failed(f"in clear on the disk: {', '.join(more)}")


def count_plates(site):
    """How often each plate stands on the disk, and the camera's name, so that the search is known to find something."""
    counts, last = dict.fromkeys([*WANTED, *NOBODYS, "north-lane"], 0), b""
    with open(site.machine.disk, "rb") as disk:
        while piece := disk.read(16 * 2**20):
            for text in counts:
                for spelling in (text.encode(), text.encode("utf-16-le")):
                    counts[text] += (last[len(last) - len(spelling) + 1:] + piece).count(spelling)
            last = piece[-64:]
    return counts
