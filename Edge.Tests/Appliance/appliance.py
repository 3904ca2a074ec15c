"""The whole box in a machine: docs/appliance-test.md. Started by ./build.sh appliance-test, which makes what this needs."""
import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import commission
import decoder
import power
import stick
import stranger
import units
import upgrade
from agency import HOST, Agency, free_port
from machine import Failed, Machine, accelerator
from screens import Screens

# In this order; each leaves the box running for the next.
SCENARIOS = {
    "commission": commission.run, "power": power.run, "stick": stick.run, "stranger": stranger.run, "decoder": decoder.run, "units": units.run,
    "upgrade": upgrade.run,
}


class Site:
    """A box and its agency, and the account of what was tried."""

    def __init__(self, options):
        self.options = options
        self.folder = os.path.abspath(options.folder)
        os.makedirs(self.folder, exist_ok=True)
        self.agency = Agency(self.folder, options.program)
        self.screens = Screens(self.folder, options.accept_screens)
        self.verifier, self.package = options.verifier, options.package
        self.version = subprocess.run(["dpkg-deb", "-f", options.package, "Version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        self.console_port = free_port()
        self.machine = Machine(options.image, self.folder, os.path.join(self.folder, "carried.img"), {self.console_port: 8443})
        self.passed = self.failed = 0

    def carry(self, files):
        """Puts files, name → path, on the second disk that the machine has: /dev/vdb, mounted at /carried."""
        folder, image = os.path.join(self.folder, "carried"), self.machine.carried
        os.makedirs(folder, exist_ok=True)
        for name, path in files.items():
            shutil.copy(path, os.path.join(folder, name))
        megabytes = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)) // 2**20 + 32
        subprocess.run(["truncate", "-s", f"{megabytes}M", image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", "-d", folder, image], check=True)

    def boot(self):
        seconds = self.machine.boot()
        self.machine.must("mkdir -p /carried && mountpoint -q /carried || mount -o ro /dev/vdb /carried")
        return seconds

    def fetch(self, path, to, within=900):
        """A file of the machine's, however large, over its network."""
        with socket.create_server(("127.0.0.1", 0)) as server, open(to, "wb") as file:
            server.settimeout(within)

            def receive():
                with server.accept()[0] as sender, sender.makefile("rb") as bytes_:
                    shutil.copyfileobj(bytes_, file)

            receiver = threading.Thread(target=receive, daemon=True)
            receiver.start()
            self.machine.must(f"cat {path} > /dev/tcp/{HOST}/{server.getsockname()[1]}", within)
            receiver.join(within)

    @contextlib.contextmanager
    def quietly(self):
        """The room that sees goes on, with a tenth of the machine where that is emulated: what is tried meanwhile is not its speed."""
        quota = (lambda much: self.machine.must(f"systemctl set-property --runtime edge-vision CPUQuota={much}")) if accelerator() != "kvm" else lambda _: None
        quota("20%")
        try:
            yield
        finally:
            quota("")

    def step(self, what, does, *arguments):
        """Tries one thing and says how it went; what `does` returns, if anything, is said beside it. Whether it went well."""
        began = time.monotonic()
        try:
            more = does(*arguments)
        except (Failed, OSError, LookupError, ValueError, subprocess.SubprocessError) as failure:
            self.failed += 1
            known = failure if isinstance(failure, Failed) else f"{type(failure).__name__}: {failure}"
            print(f"× {what}  ({time.monotonic() - began:.0f} s)\n  {str(known).replace(chr(10), chr(10) + '  ')}", flush=True)
            return False
        self.passed += 1
        print(f"√ {what}{f': {more}' if isinstance(more, str) else ''}  ({time.monotonic() - began:.0f} s)", flush=True)
        return True

    def must(self, what, does, *arguments):
        """A step without which the scenario makes no sense."""
        if not self.step(what, does, *arguments):
            raise Failed(f"not tried further: {what}")

    def close(self):
        self.machine.close()
        self.agency.close()


def main():
    parser = argparse.ArgumentParser(prog="./build.sh appliance-test", description="The whole box in a machine under QEMU: see docs/appliance-test.md")
    parser.add_argument("--only", action="append", choices=list(SCENARIOS), help="this scenario; repeat for more. All but commission need --folder of a kept run")
    parser.add_argument("--power-cuts", type=int, default=5, metavar="N",
                        help="how often the power is cut (default 5); with --only power --keep, so many more")
    parser.add_argument("--accept-screens", action="store_true", help="what the screens show now is what they are to show: writes golden/")
    parser.add_argument("--keep", action="store_true", help="leave the folder of the run, to go on in it with --only")
    parser.add_argument("--folder", default=".build/appliance/run", help="where the run's files lie; emptied when it begins with commission")
    for made in ("image", "package", "next", "program", "verifier", "tests"):
        parser.add_argument(f"--{made}", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.only or list(SCENARIOS)
    if "commission" in names:
        shutil.rmtree(options.folder, ignore_errors=True)
    elif not os.path.exists(os.path.join(options.folder, "disk.qcow2")):
        parser.error(f"no kept run in {options.folder}: begin with commission, and --keep")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    site, began = Site(options), time.monotonic()
    print(f"> a machine of {site.machine.processors} processors under {accelerator()}", flush=True)
    try:
        if "commission" not in names:
            site.agency.open_broker()
            site.agency.start_watching()
            site.step("the kept box boots", lambda: f"{site.boot():.0f} s to its first answer")
        for name in SCENARIOS:
            if name in names:
                print(f"> {name}", flush=True)
                try:
                    SCENARIOS[name](site)
                except Failed as failure:
                    print(f"  {failure}", flush=True)
                    if not site.failed:
                        site.failed += 1
                    if name == "commission":
                        break
        if options.keep and site.machine.process.poll() is None:
            site.step("the box shuts down", site.machine.shut_down)
    finally:
        site.close()
    if not options.keep and not site.failed:
        shutil.rmtree(site.folder)
    print(f"{site.passed} passed, {site.failed} failed, {(time.monotonic() - began) / 60:.0f} minutes", flush=True)
    return 1 if site.failed else 0


if __name__ == "__main__":
    sys.exit(main())
