"""What the services outlive: a process that hangs, no memory for the room that sees, a disk that turns read-only, a clock that leaps."""
import power
from machine import Failed

AGENT, VISION = "edge-agent", "edge-vision"


def run(site):
    power.bring_key(site)
    site.step("edge-vision hangs: the watchdog ends it, it starts again, the agent does not notice more", hangs, site, VISION, AGENT)
    site.step("edge-agent hangs: the watchdog ends it, it starts again, vision goes on", hangs, site, AGENT, VISION)
    site.step("no memory left for edge-vision: it is killed and starts again, the agent stays", out_of_memory, site)
    site.step("the disk turns read-only: nothing is said to be stored, and hits come again once it can be written", read_only, site)
    site.step("the clock leaps an hour ahead and back: an incident each, the box goes on", leaps, site)
    site.step("systemd-analyze security of the units as they run", exposure, site)


def process(site, unit):
    return site.machine.must(f"systemctl show -p MainPID --value {unit}").strip()


def working(site, more=1, within=900):
    """Until further hits have come."""
    site.agency.wait_for_hits(len(site.agency.hit_ids()) + more, within)


def another(site, unit, than, within):
    """Until the unit runs as another process; seconds."""
    return site.machine.until(f"test $(systemctl show -p MainPID --value {unit}) != {than} && systemctl is-active -q {unit}", within)[1]


def hangs(site, unit, other):
    machine, hung, beside = site.machine, process(site, unit), process(site, other)
    machine.must(f"kill -STOP {hung}")
    took = another(site, unit, hung, 400)
    if process(site, other) != beside:
        raise Failed(f"{other} was started anew too")
    working(site)
    return f"again after {took:.0f} s"


def out_of_memory(site):
    machine, vision, agent = site.machine, process(site, VISION), process(site, AGENT)
    machine.must(f"systemctl set-property --runtime {VISION} MemoryMax=24M")
    try:
        took = another(site, VISION, vision, 120)
    finally:
        machine.must(f"systemctl set-property --runtime {VISION} MemoryMax=60%")
    if process(site, AGENT) != agent:
        raise Failed("the agent was started anew too")
    machine.must(f"journalctl -k -q -o cat --since -10min | grep -q 'Memory cgroup out of memory'")
    working(site)
    return f"killed and again after {took:.0f} s"


def read_only(site):
    machine = site.machine
    machine.must("echo u > /proc/sysrq-trigger; sleep 2; ! touch /var/lib/edge-agent/x")
    machine.must("sleep 60")
    vision = machine.run(f"systemctl is-active {VISION}")[1].strip()
    agent = machine.run(f"systemctl is-active {AGENT}")[1].strip()
    machine.must("mount -o remount,rw /")
    machine.until(f"systemctl is-active -q {AGENT} && systemctl is-active -q {VISION}", 180)
    working(site)
    machine.must(f"edge-agent audit verify {power.LOG} --key {power.KEY}", 300)
    return f"meanwhile vision {vision}, agent {agent}"


def leaps(site):
    machine, agent, vision = site.machine, process(site, AGENT), process(site, VISION)

    def told():
        return [event for event in site.agency.events("edge.incident.v1") if event["kind"] == "clock-jump"]

    before = len(told())
    machine.must("date -s '+1 hour' >/dev/null")
    working(site)
    machine.must("date -s '-1 hour' >/dev/null")
    working(site)
    if (process(site, AGENT), process(site, VISION)) != (agent, vision):
        raise Failed("a service was started anew")
    details = [event["detail"] for event in told()[before:]]
    if "ahead" not in details:
        raise Failed(f"the hub was told of {details}")
    machine.must(f"edge-agent audit verify {power.LOG} --key {power.KEY}", 300)
    return ", ".join(details)


def exposure(site):
    rated = {}
    for unit, most in ((AGENT, 1.3), (VISION, 1.3), ("edge-stick@", 1.0), ("edge-export@", 4.0)):
        said = site.machine.must(f"systemd-analyze security --no-pager {unit}{'x' if unit.endswith('@') else ''}.service | tail -1")
        rated[unit] = float(said.split(": ")[-1].split()[0])
        if rated[unit] > most:
            raise Failed(f"{unit}: {said}")
    return ", ".join(f"{unit} {rating}" for unit, rating in rated.items())
