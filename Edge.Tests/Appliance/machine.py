"""A Debian machine under QEMU: boot it, give it commands, type at its terminal, plug sticks, pull the plug."""
import base64
import ctypes
import json
import os
import re
import select
import signal
import socket
import subprocess
import time


# no_timer_check: on a busy host a tick may come too late for the kernel to believe in its timer.
KERNEL = "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 mitigations=off no_timer_check"


class Failed(Exception):
    """What was expected did not happen; its text is for a person."""


class Machine:
    """One machine; `disk` is an overlay of its own, so what happened to it outlives a power cut and not the test.

    ports: host port → guest port, forwarded from the host's loopback.
    """

    def __init__(self, image, folder, carried, ports=None, memory=2560, processors=2):
        self.image, self.folder, self.carried, self.ports = image, folder, carried, ports or {}
        self.memory, self.processors = memory, processors
        self.disk = os.path.join(folder, "disk.qcow2")
        self.process = self.shell = self.monitor = self.terminal = None
        if not os.path.exists(self.disk):
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", os.path.abspath(f"{image}/disk.img"), self.disk], check=True)

    def boot(self, within=600):
        """Starts it and waits for its first answer; seconds since power-on."""
        self.start()
        self.run("true", within)
        return time.monotonic() - self.began

    def start(self):
        """Power on; it waits for nothing."""
        self.began = time.monotonic()
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}" for host, guest in self.ports.items())
        sockets = {name: os.path.join(self.folder, f"{name}.socket") for name in ("shell", "monitor", "terminal")}
        for path in sockets.values():
            if os.path.exists(path):
                os.remove(path)
        self.process = launch([
            "qemu-system-x86_64", "-accel", accelerator(), "-cpu", "host" if accelerator() == "kvm" else "max",
            "-machine", "q35", "-m", str(self.memory), "-smp", str(self.processors), "-nodefaults", "-display", "none", "-rtc", "base=utc",
            "-kernel", f"{self.image}/vmlinuz", "-initrd", f"{self.image}/initrd",
            "-append", KERNEL,
            "-drive", f"file={self.disk},if=virtio,format=qcow2,cache=writeback", "-drive", f"file={self.carried},if=virtio,format=raw,readonly=on",
            "-netdev", f"user,id=lan{forwards}", "-device", "virtio-net-pci,netdev=lan", "-device", "virtio-rng-pci", "-device", "qemu-xhci,id=usb",
            "-device", "virtio-serial-pci",
            "-chardev", f"socket,id=shell,path={sockets['shell']},server=on,wait=off", "-device", "virtserialport,chardev=shell,name=shell",
            "-chardev", f"socket,id=terminal,path={sockets['terminal']},server=on,wait=off", "-device", "virtconsole,chardev=terminal",
            "-chardev", f"file,id=console,path={self.folder}/console.log,append=on", "-serial", "chardev:console",
            "-qmp", f"unix:{sockets['monitor']},server=on,wait=off",
        ], stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/qemu.log", "ab"))
        self.monitor = Link(sockets["monitor"], self.process)
        self.shell = Link(sockets["shell"], self.process)
        self.terminal = Terminal(Link(sockets["terminal"], self.process), f"{self.folder}/terminal.log")
        self._command("qmp_capabilities", fresh=True)

    def run(self, command, within=120):
        """Runs it as root; (exit status, everything it said)."""
        self.shell.send(base64.b64encode(command.encode()) + b"\n")
        line = self.shell.line(within, f"an answer to: {command[:200]}")
        status, said = line.split(b" ", 1)
        return int(status), base64.b64decode(said).decode(errors="replace")

    def must(self, command, within=120):
        """Runs what has to succeed; what it said."""
        status, said = self.run(command, within)
        if status != 0:
            raise Failed(f"{command[:300]}\nended with {status}: {said[-3000:]}")
        return said

    def until(self, command, within, every=1.0):
        """Runs it until it succeeds; (what it said, seconds it took)."""
        began = time.monotonic()
        while True:
            status, said = self.run(command, within + 60)
            if status == 0:
                return said, time.monotonic() - began
            if time.monotonic() - began > within:
                raise Failed(f"not within {within} s: {command[:300]}\n{said[-3000:]}")
            time.sleep(every)

    def write(self, path, content, mode="644"):
        """Makes a file of it there; small ones, they travel in a command."""
        self.must(f"install -D -m {mode} /dev/stdin {path} <<< '' && base64 -d > {path} <<'END'\n{base64.b64encode(content).decode()}\nEND")

    def read(self, path):
        return base64.b64decode(self.must(f"base64 -w0 {path}"))

    def power_cut(self):
        """What the machine's memory held and its disk was not told is gone. What the disk was told and not made to flush is not: the host has it."""
        self.process.kill()
        self._gone()

    def shut_down(self, within=180):
        self.run("systemctl --no-block poweroff")
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.power_cut()
            raise Failed(f"did not shut down within {within} s") from None
        self._gone()

    def plug(self, image, name="stick", slow=None):
        """A USB stick with the image's bytes; slow: bytes a second that it writes."""
        file = {"driver": "file", "filename": os.path.abspath(image)}
        if slow:
            self._command("object-add", {"qom-type": "throttle-group", "id": f"{name}-pace", "limits": {"bps-write": slow}})
            file = {"driver": "throttle", "throttle-group": f"{name}-pace", "file": file}
        self._paced = slow is not None
        self._command("blockdev-add", {"node-name": name, "driver": "raw", "file": file})
        self._command("device_add", {"driver": "usb-storage", "id": f"{name}-usb", "drive": name, "bus": "usb.0", "removable": True})

    def pull(self, name="stick"):
        """Out, whatever is going on."""
        self._command("device_del", {"id": f"{name}-usb"})
        self._event("DEVICE_DELETED", 60)
        self._command("blockdev-del", {"node-name": name})
        if self._paced:
            self._command("object-del", {"id": f"{name}-pace"})

    def close(self):
        if self.process and self.process.poll() is None:
            self.power_cut()

    def _gone(self):
        self.process.wait()
        for one in (self.shell, self.monitor, self.terminal):
            one.close()

    def _command(self, name, arguments=None, fresh=False):
        if fresh:
            self.monitor.line(60, "QEMU's greeting")
        self.monitor.send(json.dumps({"execute": name, **({"arguments": arguments} if arguments else {})}).encode() + b"\n")
        while True:
            said = json.loads(self.monitor.line(60, f"QEMU's answer to {name}"))
            if "error" in said:
                raise Failed(f"QEMU: {name}: {said['error']['desc']}")
            if "return" in said:
                return said["return"]

    def _event(self, name, within):
        until = time.monotonic() + within
        while json.loads(self.monitor.line(until - time.monotonic(), name)).get("event") != name:
            pass


class Terminal:
    """The machine's /dev/hvc0 and whoever sits there: what is on the screen, and what is typed."""

    def __init__(self, link, log):
        self.link, self.log, self.screen = link, open(log, "a"), ""

    def wait_for(self, pattern, within=120):
        """Until the screen, from where it was last read, shows the pattern; what it showed up to there."""
        until = time.monotonic() + within
        while not (found := re.search(pattern, self.screen)):
            came = self.link.more(until, f"{pattern!r} on the screen, which shows:\n{self.screen[-3000:]}").decode(errors="replace")
            self.screen += came
            print(came, end="", file=self.log, flush=True)
        shown, self.screen = self.screen[:found.end()], self.screen[found.end():]
        return shown

    def type(self, text):
        self.link.send(text.encode() + b"\r")

    def close(self):
        self.link.close()


def launch(command, **streams):
    """A process that the kernel kills when this one ends, however that is."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=lambda: _libc.prctl(1, signal.SIGKILL), **streams)


_libc = ctypes.CDLL(None)


def accelerator():
    """KVM where it starts, else QEMU's own."""
    global _accelerator
    if _accelerator is None:
        tried = subprocess.Popen(["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-nodefaults", "-display", "none", "-S"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            tried.wait(3)
            _accelerator = "tcg,thread=multi"
        except subprocess.TimeoutExpired:
            tried.kill()
            tried.wait()
            _accelerator = "kvm"
    return _accelerator


_accelerator = None


class Link:
    """A socket of QEMU's, read by lines or as it comes."""

    def __init__(self, path, process, within=60):
        self.waiting, until = b"", time.monotonic() + within
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                return
            except OSError:
                self.socket.close()
                if process.poll() is not None:
                    raise Failed(f"QEMU ended with {process.returncode}: see qemu.log") from None
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def send(self, line):
        self.socket.sendall(line)

    def more(self, until, what):
        if not select.select([self.socket], [], [], max(0, until - time.monotonic()))[0]:
            raise Failed(f"did not come in time: {what}")
        got = self.socket.recv(65536)
        if not got:
            raise Failed(f"the machine is gone; expected {what}")
        return got

    def line(self, within, what):
        until = time.monotonic() + within
        while b"\n" not in self.waiting:
            self.waiting += self.more(until, what)
        line, self.waiting = self.waiting.split(b"\n", 1)
        return line

    def close(self):
        self.socket.close()
