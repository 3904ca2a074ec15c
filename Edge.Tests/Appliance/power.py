"""The power goes while hits flow, again and again: the box comes back by itself, goes on as one history, and has lost nothing."""
import json
import os
import random
import subprocess
import time

from agency import NOBODYS, WANTED
from machine import Failed

# Seconds for one step in a machine that has a processor's twentieth.
SLOW = 900
LOG, KEY = "/var/lib/edge-agent/audit", "/root/box-7.vkey"


def run(site):
    moments = random.Random(7)
    bring_key(site)
    for cut in range(1, site.options.power_cuts + 1):
        site.step(f"power cut {cut}", cut_power, site, moments.uniform(0, 4))
    site.step("every hit that the box has logged is at the hub, once, and no number came twice or is missing", nothing_lost, site)
    site.step("an exported copy verifies on another machine, with the auditors' program", verify_elsewhere, site)
    site.step("no plate in clear anywhere on the disk, looked for or not", search_disk, site)


def bring_key(site):
    """The log's public keys, as the agency has them: box-7.vkey."""
    with open(os.path.join(site.agency.city, "boxes", "box-7.json")) as file:
        known = json.load(file)
    site.vkey = os.path.join(site.folder, "box-7.vkey")
    with open(site.vkey, "w") as file:
        file.write(f"{known['log']}\n{known['logEpoch']}\n")
    with open(site.vkey, "rb") as file:
        site.machine.write(KEY, file.read())


def cut_power(site, moment):
    machine, agency = site.machine, site.agency
    agency.wait_for_hits(len(agency.hit_ids()) + 2, SLOW)
    time.sleep(moment)
    checkpoint = machine.read(f"{LOG}/checkpoint")
    machine.power_cut()
    first = site.boot()
    machine.until("systemctl is-active -q edge-agent edge-vision", SLOW)
    up = time.monotonic() - machine.began
    machine.until("grep -Eq '\"frames\":[1-9]' /run/edge-agent/health.json", SLOW)
    frame = time.monotonic() - machine.began
    machine.write("/run/before-the-cut", checkpoint)
    machine.must(f"edge-agent audit verify {LOG} --key {KEY} --checkpoint /run/before-the-cut", 300)
    if machine.run("systemctl list-units --failed --plain --no-legend")[1].strip():
        raise Failed("a unit has failed: " + machine.run("systemctl list-units --failed --plain --no-legend")[1])
    return f"boot {first:.0f} s, services {up:.0f} s, first frame examined {frame:.0f} s after power-on; the log goes on from its last checkpoint"


def nothing_lost(site):
    machine, agency = site.machine, site.agency
    machine.must("systemctl stop edge-vision", 120)
    try:
        machine.until("grep -q '\"ready\":0,' /run/edge-agent/health.json", 300)
        logged = [json.loads(line)["entry"]["sequence"] for line in machine.must(f"edge-agent audit search {LOG} --action hit.stored --json").splitlines() if line.startswith("{")]
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
    site.machine.must(f"rm -rf /root/box-7.tar; edge-agent audit export {LOG} /root/box-7.tar --public", 120)
    with open(bundle, "wb") as file:
        file.write(site.machine.read("/root/box-7.tar"))
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
