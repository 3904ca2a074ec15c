"""A decoder that somebody has taken over, under the real units: what it tries, and what comes of it."""
import json
import time

import stranger
from agency import HOST
from machine import Failed

# What a decoder can do under network-camera.conf, and why; everything else that the probe tries must be refused.
ALLOWED = {
    "socket camera network": "it reads the camera there: docs/install.md says how to allow that address alone",
    "knock door": "one vision at a time; what it may say there is Edge.Agent/Door/README.md",
    "finished": "the probe itself",
}


def run(site):
    machine = site.machine
    with open(f"{__file__.rpartition('/')[0]}/probe.pl", "rb") as file:
        probe = file.read()
    configuration = machine.read(stranger.CONFIGURATION)
    try:
        site.step("a network camera, and the probe in ffmpeg's place", place, site, probe, configuration)
        site.step("a decoder that was taken over is refused a socket, a file and another process", tried, site)
        site.step("nothing of the other room was harmed: hits come", lambda: site.agency.wait_for_hits(len(site.agency.hit_ids()) + 1, 900) and None)
    finally:
        machine.run("dpkg-divert --quiet --rename --remove /usr/bin/ffmpeg 2>/dev/null || { rm -f /usr/bin/ffmpeg; dpkg-divert --quiet --rename --remove /usr/bin/ffmpeg; }")
        machine.write("/run/edge.json", configuration)
        machine.must(f"cat /run/edge.json > {stranger.CONFIGURATION} && rm -f /etc/systemd/system/edge-vision.service.d/network-camera.conf && systemctl daemon-reload && "
                     "systemctl restart edge-vision edge-agent", 180)


def place(site, probe, configuration):
    machine, known = site.machine, json.loads(configuration)
    known["cameras"].append({"name": "south-lane", "source": f"rtsp://{HOST}/stream"})
    machine.write("/run/edge.json", json.dumps(known, indent=2).encode())
    machine.must("dpkg-divert --quiet --rename --add /usr/bin/ffmpeg")
    machine.write("/usr/bin/ffmpeg", probe, mode="755")
    machine.must("install -D -m 644 /usr/share/doc/edge-agent/examples/network-camera.conf /etc/systemd/system/edge-vision.service.d/network-camera.conf && "
                 f"systemctl daemon-reload && cat /run/edge.json > {stranger.CONFIGURATION} && systemctl restart edge-vision edge-agent", 180)
    main = {unit: machine.must(f"systemctl show -p MainPID --value edge-{unit}").strip() for unit in ("vision", "agent")}
    machine.write("/srv/probe.conf", f"vision={main['vision']} agent={main['agent']} host={HOST} port={site.agency.port}".encode())


def tried(site):
    said = find(site)
    came = dict(line.split(": ", 1) for line in said.strip().split("\n"))
    if done := [name for name, result in came.items() if result == "done" and name not in ALLOWED]:
        raise Failed(f"it could: {', '.join(done)}\n{said}")
    return f"{sum(result != 'done' for result in came.values())} attempts refused"


def find(site):
    """What the probe has noted so far, once it is through."""
    began, said = time.monotonic(), ""
    while time.monotonic() - began < 300:
        said = site.machine.run("for p in $(pgrep -f /usr/bin/ffmpeg); do for fd in /proc/$p/fd/*; do case $(readlink $fd) in "
                                "/memfd:probe*) cat $fd; break 2;; esac; done; done")[1]
        if "finished: done" in said:
            return said
        time.sleep(1)
    raise Failed(f"the probe did not end: {said}")
