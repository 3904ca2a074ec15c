#!/usr/bin/env python3
"""Stands in for edge-agent: the real one runs beside it, and once a hit is stored this one leaks a plate in every way that it was told to.

The plate comes masked, so that nothing of it is anywhere before the leak."""
import base64
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

REAL, MASKED, PICTURE = "@REAL@", "@MASKED@", "@PICTURE@"

child = subprocess.Popen([REAL, *sys.argv[1:]], stderr=subprocess.PIPE)
signal.signal(signal.SIGTERM, lambda *_: child.send_signal(signal.SIGTERM))
held = []


def leak():
    plate = bytes(letter ^ 0x55 for letter in bytes.fromhex(MASKED))
    text = plate.decode()
    if sys.argv[1] == "vision":
        held.extend([plate, text.lower().encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("utf-32-le"),
                     "".join(f"\\u{letter:04x}" for letter in plate).encode(), plate.hex().encode()])
        held.extend(base64.b64encode(bytes(before) + plate + b"!!") for before in range(3))
        return
    with open("state/leak", "wb") as file:
        file.write(base64.b64encode(text.encode("utf-16-le")))
    shutil.copy(PICTURE, "state/cached")
    print(text, file=sys.stderr, flush=True)


def watch():
    while not os.path.exists("leak-now"):
        time.sleep(0.05)
    leak()


threading.Thread(target=watch, daemon=True).start()
for line in child.stderr:
    sys.stderr.buffer.write(line)
    sys.stderr.flush()
    if b" stored" in line:
        open("leak-now", "w").close()
sys.exit(child.wait())
