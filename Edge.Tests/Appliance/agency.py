"""The agency on the host: its folder, its broker, whoever watches for hits. All of it with the real programs."""
import json
import os
import signal
import socket
import subprocess
import time

from machine import Failed, launch

# The vehicles of the demonstration's clip: somebody looks for the first three, nobody for the others.
WANTED = ["LAPX4769", "KPX6947", "VKA6E47"]
NOBODYS = ["PK74XLA", "PA467XT"]
# How the machine reaches the host (QEMU's user network).
HOST = "10.0.2.2"


class Agency:
    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.city, self.hits = os.path.join(folder, "riverton"), os.path.join(folder, "hits.jsonl")
        self.broker = self.watch = None

    @property
    def port(self):
        with open(os.path.join(self.folder, "port")) as file:
            return int(file.read())

    def run(self, *arguments, accept=(0,), typed=None):
        """One of edge-agent's verbs; everything it said."""
        ended = subprocess.run([self.program, *arguments], input=typed, stdin=None if typed else subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        if ended.returncode not in accept:
            raise Failed(f"edge-agent {' '.join(arguments)} ended with {ended.returncode}: {ended.stdout[-3000:]}")
        return ended.stdout

    def hub(self, verb, *arguments, **more):
        """A hub verb on this agency's folder: `hub("push", "--wait", "0")`, `hub("order export", …)`."""
        return self.run("hub", *verb.split(), self.city, *arguments, **more)

    def make(self):
        with open(os.path.join(self.folder, "port"), "w") as file:
            file.write(str(free_port()))
        wanted = os.path.join(self.folder, "wanted.csv")
        with open(wanted, "w") as file:
            file.write("plate,case,purpose,basis,source,issuer,expires\n")
            ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 5 * 86400))
            file.writelines(f"{plate},2026-{i},stolen-vehicle,theft report,desk,sergeant-4,{ends}\n" for i, plate in enumerate(WANTED))
        said = self.run("hub", "init", self.city, "--agency", "riverton", "--broker", f"{HOST}:{self.port}", "--hotlist", wanted, "--no-box",
                        "--keepers", "0")
        os.remove(wanted)
        return said

    def open_broker(self):
        """Debian's Mosquitto on the host's loopback, with the listener that `hub init` wrote and what it keeps on the disk."""
        folder = os.path.join(self.city, "to-broker")
        with open(os.path.join(folder, "mosquitto.conf")) as file:
            listener = file.read().replace("/etc/mosquitto/edge", folder)
        listener = listener.replace(f"listener {self.port}", f"listener {self.port} 127.0.0.1")
        path = os.path.join(self.folder, "mosquitto.conf")
        with open(path, "w") as file:
            file.write(f"user root\nlog_dest file {self.folder}/mosquitto.log\npersistence true\npersistence_location {self.folder}/\n{listener}")
        self.broker = launch(["mosquitto", "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self.broker)

    def start_watching(self):
        """`hub watch` from now on; what it shows is in `hits`, a line each."""
        with open(self.hits, "ab") as hits, open(os.path.join(self.folder, "watch.log"), "ab") as log:
            self.watch = launch([self.program, "hub", "watch", self.city, "--broker", self.local, "--all", "--json"],
                               stdout=hits, stderr=log)

    @property
    def local(self):
        """The broker as the host reaches it."""
        return f"localhost:{self.port}"

    def events(self, kind=None):
        """What the hub has shown, in the order that it came."""
        if not os.path.exists(self.hits):
            return []
        with open(self.hits) as file:
            shown = [json.loads(line) for line in file.read().split("\n")[:-1]]
        return [event for event in shown if kind is None or event["type"] == kind]

    def wait_for_hits(self, count, within):
        """Until so many different hits have come; seconds it took."""
        began = time.monotonic()
        while len(self.hit_ids()) < count:
            if time.monotonic() - began > within:
                raise Failed(f"{len(self.hit_ids())} of {count} hits within {within} s")
            time.sleep(0.5)
        return time.monotonic() - began

    def hit_ids(self):
        return {event["id"] for event in self.events("edge.hit.v1")}

    def close(self):
        for process, how in ((self.watch, signal.SIGTERM), (self.broker, signal.SIGTERM)):
            if process and process.poll() is None:
                process.send_signal(how)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.watch = self.broker = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(200):
        if process.poll() is not None:
            raise Failed(f"the broker ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise Failed("the broker does not listen")
