"""An auditor's stick, plugged in while the box works: docs/usb.md, with the kernel's USB storage, FAT and exFAT."""
import hashlib
import os
import re
import subprocess
import time

import power
from machine import Failed

MEGABYTES = 64
PARTITION = 2048  # sectors of 512 bytes
LOG = power.LOG
# What may lie in an order's place and is none, as whoever prepares a stick would put it there.
LINKED = {
    "a link": "mkdir $stick/edge && ln -s /etc/shadow $stick/edge/box-7.order",
    "a linked folder": "ln -s /var/lib/edge-agent/keys $stick/edge",
    "a pipe": "mkdir $stick/edge && mkfifo $stick/edge/box-7.order",
    "a device": "mkdir $stick/edge && mknod $stick/edge/box-7.order b 254 0",
}


def run(site):
    power.bring_key(site)
    with site.quietly():
        sticks(site)


def sticks(site):
    site.must("an auditor is allowed to order an export", admit, site)
    for kind in ("vfat", "exfat", "ext4"):
        site.step(f"{kind}: a signed order comes back with a bundle that verifies on another machine", good_order, site, kind)
    site.must("orders that are forged, of last week, and for another box of the agency", bad_orders, site)
    for reason in ("no-order", "bad-signature", "expired", "replayed", "other-box"):
        site.step(f"{reason}: refused, logged, the stick unchanged to the byte", refuse, site, reason)
    for kind, place in LINKED.items():
        site.step(f"{kind} where the order should be: not followed, logged, the stick unchanged to the byte", not_plain, site, place)
    site.step("a full stick: the order is not used up, and fulfilled once there is room", full, site)
    site.step("pulled half-way: no answer beside half a bundle, the box goes on; plugged in again within the hour it is finished", pulled, site)
    site.step("what else is on a stick: nothing run, nothing followed, nothing else written", hostile, site)


def admit(site):
    agency = site.agency
    secret, key = os.path.join(site.folder, "passphrase"), os.path.join(site.folder, "auditor.key")
    with open(secret, "w") as file:
        file.write("correct horse battery\n")
    if fresh := not os.path.exists(key):
        agency.run("hub", "key", key, "--passphrase-file", secret)
        agency.hub("operator add", "--account", "auditor-3", "--role", "auditor", "--key", key,
                   "--from", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 30 * 86400)))
    since = now(site)
    agency.hub("push", "--broker", agency.local)
    # Known already, if this is not the first run on this box: then nothing new is signed.
    if fresh:
        site.machine.until(f"edge-agent audit search {LOG} --action trust.activated --json --from {since} | grep -q trust", power.SLOW)


def order(site, box="box-7", given=None):
    """A new signed order to export; its bytes. given: how long ago, as faketime takes it."""
    path = os.path.join(site.folder, "export.order")
    if os.path.exists(path):
        os.remove(path)
    arguments = ["--box", box, "--key", os.path.join(site.folder, "auditor.key"), "--passphrase-file", os.path.join(site.folder, "passphrase"),
                 "--out", path]
    if given is None:
        site.agency.hub("order export", *arguments)
    else:
        subprocess.run(["faketime", "-f", given, site.agency.program, "hub", "order", "export", site.agency.city, *arguments], check=True, stdout=subprocess.DEVNULL)
    with open(path, "rb") as file:
        return file.read()


class Stick:
    """An image with one partition, and what an auditor's own computer puts on it and finds there."""

    def __init__(self, site, kind, name="stick"):
        self.site, self.machine, self.kind, self.image = site, site.machine, kind, os.path.join(site.folder, f"{name}.img")
        if os.path.exists(self.image):
            os.remove(self.image)
        part = f"{self.image}.part"
        subprocess.run(["truncate", "-s", f"{MEGABYTES - 1}M", part], check=True)
        make = {"vfat": ["mkfs.vfat", "-n", "AUDIT"], "exfat": ["mkfs.exfat"], "ext4": ["mkfs.ext4", "-q", "-F"]}[kind]
        subprocess.run([*make, part], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["truncate", "-s", f"{MEGABYTES}M", self.image], check=True)
        kinds = {"vfat": "c", "exfat": "7", "ext4": "83"}
        subprocess.run(["sfdisk", "-q", self.image], input=f"start={PARTITION}, type={kinds[kind]}\n", text=True, check=True)
        subprocess.run(["dd", f"if={part}", f"of={self.image}", "bs=512", f"seek={PARTITION}", "conv=notrunc,sparse", "status=none"], check=True)
        os.remove(part)

    def at_home(self, command, file=b"", within=120):
        """What the auditor's own computer does: a shell with the stick at $stick and the bytes in $file; what it said, and what it left in $file. This
        machine, where its kernel knows the file system; else the box's kernel stands for another computer's, with the box's unit out of the way."""
        if self.kind == "ext4":
            at, path = os.path.join(self.site.folder, "at-home"), os.path.join(self.site.folder, "at-home.file")
            os.makedirs(at, exist_ok=True)
            with open(path, "wb") as out:
                out.write(file)
            subprocess.run(["mount", "-o", f"loop,offset={PARTITION * 512}", self.image, at], check=True)
            try:
                said = subprocess.run(["bash", "-c", command], env={**os.environ, "stick": at, "file": path}, stdout=subprocess.PIPE, text=True,
                                      timeout=within, check=True).stdout
            finally:
                subprocess.run(["umount", at], check=True)
            with open(path, "rb") as left:
                return said, left.read()
        machine = self.machine
        machine.write("/run/at-home.file", file)
        machine.must("systemctl mask -q --runtime edge-export@.service && systemctl daemon-reload")
        machine.plug(self.image)
        try:
            machine.until("test -b /dev/sda1", 60)
            said = machine.must("export stick=/run/at-home file=/run/at-home.file; mkdir -p $stick; mount /dev/sda1 $stick || exit; "
                                f"( {command} ); ended=$?; umount $stick; exit $ended", within)
        finally:
            machine.pull()
            machine.until("! test -b /dev/sda", 60)
            machine.must("systemctl unmask -q --runtime edge-export@.service && systemctl daemon-reload")
        return said, machine.read("/run/at-home.file")

    def put(self, name, content):
        self.at_home(f"install -D -m 644 $file $stick/{name}", content)

    def fetch(self):
        """What lies on it by name, and the bytes of its one bundle."""
        said, bundle = self.at_home("cd $stick && find . -mindepth 1 -not -path './lost+found' -not -path './System*' | sort; cat edge/*.tar > $file 2>/dev/null || true")
        return said.split(), bundle

    def visit(self, within=power.SLOW):
        """Plugged into the box until its unit is done; what the journal says of that."""
        machine = self.machine
        since = machine.must("date +%s.%N").strip()
        machine.plug(self.image)
        try:
            machine.until(f"journalctl -q --since=@{since} -u 'edge-export@*' -o cat | grep -Eq 'Finished|Failed|Stopped|Deactivated'", within)
            machine.until("! systemctl list-units --plain --no-legend --state=active,activating,deactivating 'edge-export@*' 'edge-stick@*' | grep -q .", within)
        finally:
            machine.pull()
            machine.until("! test -b /dev/sda", 60)
        machine.must("! grep -q /run/edge-export /proc/mounts")
        return machine.must(f"journalctl -q --since=@{since} -u 'edge-export@*' -u 'edge-stick@*' -o cat")

    def digest(self):
        with open(self.image, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()


def outcomes(site, since):
    """What the log says of sticks and exports from then on."""
    return site.machine.must(f"edge-agent audit search {LOG} --action 'stick.*' --action 'order.*' --json --from {since}")


def now(site):
    return site.machine.must("date -u +%Y-%m-%dT%H:%M:%SZ").strip()


def good_order(site, kind):
    stick, site.used = Stick(site, kind), order(site)
    stick.put("edge/box-7.order", site.used)
    began = time.monotonic()
    stick.visit()
    return f"{time.monotonic() - began:.0f} s in the box; {fetched(site, stick, kind)}"


def fetched(site, stick, name):
    """An order, a bundle and an answer on it, and the bundle verifies here."""
    names, content = stick.fetch()
    if [re.sub(r"-\d{8}T\d{6}Z", "-TIME", name) for name in names] != ["./edge", "./edge/box-7-TIME.json", "./edge/box-7-TIME.tar", "./edge/box-7.order"]:
        raise Failed(f"not an order, a bundle and an answer on the stick: {names}")
    bundle = os.path.join(site.folder, f"{name}.tar")
    with open(bundle, "wb") as file:
        file.write(content)
    return power.verify(site, bundle)


def bad_orders(site):
    """site.bad: by the reason that the box is to give, what lies on the stick."""
    forged = bytearray(order(site))
    # In the signature, the last third of a JWS: the rest is as an operator wrote it.
    place = len(forged) - 20
    forged[place] = ord("A") if forged[place] != ord("A") else ord("B")
    site.bad = {
        "no-order": None, "bad-signature": bytes(forged), "expired": order(site, given="-8d"), "replayed": site.used, "other-box": order_for_another(site),
    }


def order_for_another(site):
    """A good one, for a box of this agency that is not this one."""
    folder = os.path.join(site.folder, "box-8")
    if not os.path.exists(f"{folder}.answer.json"):
        said = site.agency.run("setup", "--folder", folder, "--agency", "riverton", "--box", "box-8", "--request", f"{folder}.request.json")
        from commission import fingerprint
        site.agency.hub("enrol", f"{folder}.request.json", "--fingerprint", fingerprint(said), "--answer", f"{folder}.answer.json")
    return order(site, "box-8")


def refuse(site, reason):
    stick = Stick(site, "ext4")
    stick.at_home("mkdir $stick/edge")
    if site.bad[reason] is not None:
        stick.put("edge/box-7.order", site.bad[reason])
    unchanged(site, stick, reason)


def not_plain(site, place):
    stick = Stick(site, "ext4")
    stick.at_home(place)
    unchanged(site, stick, "not-a-plain-file")


def unchanged(site, stick, reason):
    """Plugged in: the stick stays as it is, and the log says why."""
    since, before = now(site), stick.digest()
    stick.visit()
    if stick.digest() != before:
        raise Failed(f"{reason}: the stick was changed")
    if not re.search(rf"refused:{reason}\b", said := outcomes(site, since)):
        raise Failed(f"{reason}: not in the log, which says: {said}")


def full(site):
    stick = Stick(site, "ext4")
    stick.put("edge/box-7.order", order(site))
    stick.at_home("dd if=/dev/zero of=$stick/holiday.avi bs=1M status=none 2>/dev/null; test $(df --output=avail $stick | tail -1) -lt 64")
    unchanged(site, stick, "stick-full")
    stick.at_home("rm $stick/holiday.avi")
    stick.visit()
    return fetched(site, stick, "full")


def pulled(site):
    machine, stick = site.machine, Stick(site, "vfat")
    stick.put("edge/box-7.order", order(site))
    machine.plug(stick.image, slow=4_000)
    machine.until("test -e /run/edge-export/sda1/edge/edge.tmp", 120, every=0.1)
    machine.pull()
    machine.until("! test -b /dev/sda", 60)
    machine.until("! systemctl list-units --plain --no-legend 'edge-export@*' 'edge-stick@*' | grep -q .", 120)
    machine.must("! grep -q /run/edge-export /proc/mounts && systemctl is-active -q edge-agent && systemctl is-active -q edge-vision")
    names, _ = stick.fetch()
    if any(name.endswith(".json") for name in names):
        raise Failed(f"an answer, though the stick was pulled: {names}")
    stick.visit()
    return fetched(site, stick, "again")


def hostile(site):
    """A folder where the bundle would lie, programs, links out of the stick, names with newlines, a thousand files."""
    machine, stick = site.machine, Stick(site, "ext4")
    stick.at_home("""cd $stick && mkdir edge && cp $file edge/box-7.order && ln -s /var/lib/edge-agent/keys keys && ln -s / root
        printf '#!/bin/sh\\ntouch /run/was-run\\n' > autorun.sh && chmod 4755 autorun.sh && cp autorun.sh edge/autorun.sh
        ln -s /etc/cron.d/stick edge/edge.tmp && mknod edge/disk b 254 0 && touch "$(printf 'edge/a\\nb')" 'edge/$(touch x)' && cd edge && touch $(seq 1000)""", order(site))
    stick.visit()
    machine.must("! test -e /run/was-run && ! test -e /etc/cron.d/stick")
    said, _ = stick.at_home("cd $stick/edge && ls | grep -c '^box-7-.*json$'")
    if said.split()[0] != "1":
        raise Failed(f"{said} answers on the stick")
