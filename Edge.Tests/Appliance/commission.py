"""From a bare Debian 12 to the first alert at the hub, as a technician does it: every screen kept, every answer counted."""
import json
import os
import re
import subprocess
import time

import power
from agency import WANTED
from machine import Failed

MOST_ANSWERS = 12
# Seconds for one step of a program in a machine that has a processor's twentieth.
SLOW = 600
# The clip's vehicles pass again and again: a machine that reads two frames a second takes an hour to its end, and each start begins anew.
PASSES = 100


def run(site):
    machine, agency = site.machine, site.agency
    recording = os.path.join(site.folder, "lane.mp4")
    make_recording(site, recording)
    site.carry({"edge-agent.deb": site.package, "lane.mp4": recording})

    def make():
        site.screens.expect("1-hub-init", agency.make())
        agency.open_broker()
        site.screens.expect("2-hub-push", agency.hub("push", "--broker", agency.local))
        agency.start_watching()

    def doctor():
        said, _ = machine.until("edge-agent doctor", SLOW, every=5)
        site.screens.expect("6-doctor", said)

    def alert():
        agency.wait_for_hits(1, SLOW)
        hit = agency.events("edge.hit.v1")[0]
        if (hit["text"], hit["camera"]) not in [(plate, "north-lane") for plate in WANTED]:
            raise Failed(f"not what was looked for: {hit['camera']}")
        return f"{time.monotonic() - site.enrolled:.0f} s after the last answer"

    site.must("an agency is made, its broker runs, what it signs is there", make)
    site.must("a bare Debian 12 boots", lambda: f"{site.boot():.0f} s to its first answer")
    site.must("apt-get install ./edge-agent.deb", install, site)
    site.must("setup: keys made on the box, request, answer, camera, doctor", set_up, site)
    site.must("the first alert is at the hub, verified", alert)
    site.step("doctor finds nothing to mend", doctor)
    site.step("each screen is, to the letter, as it is kept in golden/", site.screens.all_as_kept)


def install(site):
    machine = site.machine
    machine.must("cp /carried/edge-agent.deb /root/ && install -D -m 644 /carried/lane.mp4 /srv/lane.mp4")
    said = machine.must("cd /root && DEBIAN_FRONTEND=noninteractive apt-get install -y ./edge-agent.deb", 1800)
    site.screens.expect("3-install", "".join(f"{line}\n" for line in said.split("\n") if "edge-agent" in line))
    if machine.run("systemctl is-active edge-agent edge-vision")[0] == 0:
        raise Failed("a service runs that nobody configured")
    machine.must("test -z \"$(systemctl list-units --failed --plain --no-legend)\" && sync")
    with open(os.path.join(site.folder, "plates-installed.json"), "w") as file:
        json.dump(power.count_plates(site), file)


def set_up(site):
    """The wizard, at a terminal of 100 columns, with the hub's operator at the other end of the telephone."""
    machine, agency = site.machine, site.agency
    machine.must("systemd-run -q --unit=terminal -p StandardInput=tty -p StandardOutput=tty -p StandardError=tty -p TTYPath=/dev/hvc0 -p WorkingDirectory=/root "
                 "-E TERM=dumb -E LANG=C.UTF-8 bash -c 'stty cols 100 rows 40; PS1=\"box# \" exec bash --norc --noprofile'")
    terminal, shown, answers = machine.terminal, [], []

    def asked(question):
        """Up to the question; what was typed before is shown once, though the terminal and the program may both have shown it."""
        came = terminal.wait_for(question, SLOW)
        if answers:
            echo = re.match(rf"(\s*{re.escape(answers[-1][1])})*\s*", came)
            shown.append(f"[{answers[-1][0]}]\n")
            came = came[echo.end():]
        shown.append(came)

    def answer(question, text):
        asked(question)
        usual = re.search(r"\((\S+)\):? *$", shown[-1])
        terminal.type(text)
        answers.append((text or "Enter", text or (usual.group(1) if usual else "")))

    terminal.wait_for("box# ")
    terminal.type("edge-agent setup")
    answer(r"Name of the agency.*: ", "riverton")
    answer(r"Name of this box.*: ", "box-7")
    answer(r"Where to write the request.*: ", "")
    asked(r"The agency's answer, a file \(nothing: later\) ")
    request, reply = os.path.join(site.folder, "box-7.request.json"), os.path.join(site.folder, "box-7.answer.json")
    with open(request, "wb") as file:
        file.write(machine.read("/root/box-7.request.json"))
    enrolled = agency.hub("enrol", request, "--fingerprint", fingerprint("".join(shown)), "--answer", reply)
    site.screens.expect("5-hub-enrol", enrolled)
    with open(reply, "rb") as file:
        machine.write("/root/box-7.answer.json", file.read())
    terminal.type("box-7.answer.json")
    answers.append(("box-7.answer.json",) * 2)
    answer(r"operator reads it out.*: ", fingerprint(enrolled.partition("answer")[2]))
    answer(r"Camera: .*: ", "/srv/lane.mp4")
    answer(r"Its name.*: ", "north-lane")
    answer(r"Another camera.*: ", "")
    answer(r"Start the service.*: ", "")
    site.enrolled = time.monotonic()
    asked(r"waiting for its first word")
    site.screens.expect("4-setup", without_code("".join(shown)))
    terminal.wait_for(r"\d+ to mend, \d+ to know(?s:.*)box# ", SLOW)
    if len(answers) > MOST_ANSWERS:
        raise Failed(f"{len(answers)} answers, and {MOST_ANSWERS} are the most that a technician is asked for")
    return f"{len(answers)} answers"


def fingerprint(shown):
    return re.search(r"fingerprint\s+(\S+)", shown).group(1)


def without_code(shown):
    """The QR code is another one each time."""
    shown = re.sub(r"(?:^[█▀▄ ]+\r?\n)+", "<QR code>\n", shown, flags=re.MULTILINE)
    return re.sub(r": *\n?(?=\[)", ": ", shown)


def make_recording(site, path):
    clip = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Edge.Agent/Demo/Clip/street.mp4")
    once = os.path.join(site.folder, "once.mp4")
    ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    subprocess.run([*ffmpeg, "-i", clip, "-vf", "fps=5,scale=960:540", "-c:v", "libx264", "-preset", "fast", "-crf", "24", "-pix_fmt", "yuv420p", once],
                   check=True)
    subprocess.run([*ffmpeg, "-stream_loop", str(PASSES), "-i", once, "-c", "copy", path], check=True)
