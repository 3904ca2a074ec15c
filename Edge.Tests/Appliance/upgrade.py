"""A box that has worked for years gets a newer package: nothing is lost, and one log goes on from version to version."""
import json
import os
import shutil
import subprocess
import tarfile
import time

import power
from agency import WANTED
from machine import Failed, accelerator

HITS, ENTRIES = 10_000, 1_000_000
MOST_SECONDS = 60  # of the upgrade; not asked of a machine that is emulated
STATE = "/var/lib/edge-agent"


def run(site):
    power.bring_key(site)
    if not installed(site).startswith(site.version):
        raise Failed(f"the box has {installed(site)} already: begin with commission")
    site.must("what the box has gathered so far is copied here, with what opens it", take_state, site)
    site.must(f"{HITS:,} hits and {ENTRIES:,} entries are made here, with the box's keys, by the product's own code", fill, site)
    site.must("the box has them, and no broker: what it has to say waits", put_state, site)
    site.must("apt-get install of the next version, while both services run", upgrade, site)
    with site.quietly():
        site.step("the log goes on from where it was, and verifies from its first entry to its last", log_goes_on, site)
        site.step("with a broker again: each hit that waited is at the hub, once, opened and verified", all_come, site)
        site.step("an exported copy verifies on another machine, with the auditors' program", power.verify_elsewhere, site)
    site.step("the version before is refused, and nothing is touched", refuse_older, site)


def installed(site):
    return site.machine.must("dpkg-query -W -f '${Version}' edge-agent").strip()


def take_state(site):
    """Into site.filling: state, enrolment, and the wrapping key, which only this machine opens."""
    machine, site.filling = site.machine, os.path.join(site.folder, "filling")
    shutil.rmtree(site.filling, ignore_errors=True)
    os.makedirs(os.path.join(site.filling, "credentials"))
    machine.must("systemctl stop edge-vision edge-agent", 180)
    for name, place in (("state", STATE), ("enrolment", "/etc/edge/enrolment")):
        machine.must(f"tar -C {place} -cf /run/{name}.tar .")
        archive = os.path.join(site.filling, f"{name}.tar")
        with open(archive, "wb") as file:
            file.write(machine.read(f"/run/{name}.tar"))
        machine.must(f"rm /run/{name}.tar")
        with tarfile.open(archive) as files:
            # Python 3.11.2 has no filters yet, 3.14 one that changes what is kept.
            files.extractall(os.path.join(site.filling, name), **({"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}))
        os.remove(archive)
    with open(os.path.join(site.filling, "credentials", "edge-agent.wrap"), "wb") as file:
        file.write(machine.read("<(systemd-creds decrypt --name=edge-agent.wrap /etc/credstore.encrypted/edge-agent.wrap -)"))
    with open(os.path.join(site.filling, "plate"), "w") as file:
        file.write(WANTED[0])


def fill(site):
    ended = subprocess.run([site.options.tests, "-noColor", "-explicit", "only", "-class", "Edge.Tests.Appliance.FilledBoxTests"], text=True,
                           env={**os.environ, "EDGE_FILL": site.filling}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ended.returncode != 0 or "Failed: 0, Skipped: 0" not in ended.stdout:
        raise Failed(f"it was not filled: {ended.stdout[-3000:]}")


def put_state(site):
    machine = site.machine
    archive = os.path.join(site.filling, "state.tar")
    subprocess.run(["tar", "-C", os.path.join(site.filling, "state"), "-cf", archive, "."], check=True)
    machine.shut_down()
    site.carry({"state.tar": archive, "edge-agent-next.deb": site.options.next})
    for made in (archive, os.path.join(site.folder, "carried", "state.tar")):
        os.remove(made)
    shutil.rmtree(site.filling)
    site.agency.close()
    site.boot()
    machine.must("systemctl stop edge-vision edge-agent", 180)
    machine.must(f"find {STATE} -mindepth 1 -delete && tar -C {STATE} -xf /carried/state.tar && chown -R edge-agent:edge-agent {STATE} && sync && "
                 "cp /carried/edge-agent-next.deb /root/", 900)
    began = time.monotonic()
    machine.must("systemctl start edge-agent edge-vision", power.SLOW)
    machine.until("systemctl is-active -q edge-agent && systemctl is-active -q edge-vision && test -s /run/edge-agent/health.json", power.SLOW)
    if (waiting := health(site)["outbox"]["ready"]) < HITS:
        raise Failed(f"only {waiting} messages wait")
    return f"the version before starts with them in {time.monotonic() - began:.0f} s; {waiting} messages wait"


def health(site):
    return json.loads(site.machine.read("/run/edge-agent/health.json"))["health"]


def upgrade(site):
    machine = site.machine
    site.before = machine.read(f"{power.LOG}/checkpoint")
    said = machine.must("cd /root && date +%s.%N && apt-get -q install -y ./edge-agent-next.deb 2>&1 && date +%s.%N", 1800)
    began, ended = (float(line) for line in said.splitlines() if line.replace(".", "").isdigit())
    machine.until("systemctl is-active -q edge-agent && systemctl is-active -q edge-vision && "
                  "find /run/edge-agent/health.json -newermt @$(date +%s -d -5sec) | grep -q .", power.SLOW)
    if (now := installed(site)) == site.version or not health(site)["software"] == now:
        raise Failed(f"installed {now}, and running {health(site)['software']}")
    if machine.run("systemctl list-units --failed --plain --no-legend")[1].strip():
        raise Failed("a unit has failed: " + machine.run("systemctl list-units --failed --plain --no-legend")[1])
    if accelerator() == "kvm" and ended - began >= MOST_SECONDS:
        raise Failed(f"{ended - began:.0f} s, and {MOST_SECONDS} are the most")
    return f"{site.version} to {now} in {ended - began:.0f} s, with both services stopped and started"


def log_goes_on(site):
    machine = site.machine
    machine.write("/run/before-the-upgrade", site.before)
    machine.must(f"edge-agent audit verify {power.LOG} --key {power.KEY} --checkpoint /run/before-the-upgrade", power.SLOW)
    if (entries := health(site)["log"]["size"]) <= ENTRIES:
        raise Failed(f"{entries} entries")
    return f"{entries:,} entries"


def refuse_older(site):
    machine, now = site.machine, installed(site)
    agent = machine.must("systemctl show -p MainPID --value edge-agent").strip()
    status, said = machine.run("cd /root && apt-get -q install -y --allow-downgrades ./edge-agent.deb 2>&1", 900)
    if status == 0 or f"version {now} has been here" not in said:
        raise Failed(f"ended with {status}: {said[-2000:]}")
    machine.until("systemctl is-active -q edge-agent && systemctl is-active -q edge-vision", power.SLOW)
    if installed(site) != now:
        raise Failed(f"installed is {installed(site)}")
    return "" if machine.must("systemctl show -p MainPID --value edge-agent").strip() == agent else "the services were started anew"


def all_come(site):
    machine, agency, before = site.machine, site.agency, site.agency.hit_ids()
    agency.open_broker()
    agency.start_watching()
    took = agency.wait_for_hits(len(before) + HITS, 3600)
    return f"{power.nothing_lost(site)} in all, {took:.0f} s until the last that waited"
