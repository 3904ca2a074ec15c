#!/usr/bin/env python3
"""Renders street.mp4 and street.json: a fixed camera beside a quiet street, and five cars that pass it.

Everything in the picture is computed here; nothing is photographed. The plates are invented. The same
packages give the same pixels: all chance comes from fixed seeds.

    render.py                    the clip and its truth, beside this file
    render.py --still 9.2 a.png  one picture at 9.2 s
"""

import argparse
import json
import subprocess
from multiprocessing import Pool
from pathlib import Path

import cv2
import numpy as np

import cars
import plates
import street
from cars import Body, build
from optics import Camera, develop

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 25, 15.8
LANE, GAP, FIRST = 2.10, 3.20, 2.30        # metres; seconds between cars; when the first one leaves the picture
EXIT = 7.6                                 # metres before the camera
CAMERA = Camera(WIDTH, HEIGHT, 2800, (0, 0, 1.8), np.radians(9.5), np.radians(-3.95))
HERE = Path(__file__).resolve().parent

HATCH = Body((.34, .012, .016))
SEDAN = Body((.135, .142, .155), .13, face="sedan", plate_z=.40, half=.90, length=4.7, lead=.70, scuttle=1.2, roof_y=2.1, roof_z=1.44)
SUV = Body((.012, .028, .085), .07, face="suv", half=.94, length=4.6, lead=.90, shoulder=1.10, scuttle=1.1, roof_y=1.85,
           roof_z=1.70, roof_half=.66, roundness=3.6, plate_z=.50, wheel=.36,
           nose=((.16, .2), (.3, .08), (.42, .01), (.60, 0), (.80, .03), (.92, .09), (1.2, .2)))
VAN = Body((.60, .60, .58), .05, face="van", half=.98, length=5.2, lead=1.02, shoulder=1.22, scuttle=.85, roof_y=1.45,
           roof_z=2.0, roof_half=.82, roundness=3.8, plate_z=.51, wheel=.34,
           nose=((.16, .12), (.3, .03), (.42, 0), (.66, 0), (.9, .05), (1.05, .12), (1.3, .2)))
COMPACT = Body((.09, .29, .26), .05, face="compact", half=.82, length=3.6, lead=.73, shoulder=.98, scuttle=.9, roof_y=1.6,
               roof_z=1.50, roof_half=.56, roundness=2.6, wheel=.29)

TRAFFIC = (  # body, look of the plate, text, metres a second, metres right of the lane's middle
    (HATCH, plates.banded, "LA PX 4769", 8.5, .00),
    (SEDAN, plates.state, "KPX 6947", 8.4, -.08),
    (SUV, plates.topped, "VKA6E47", 8.8, .06),
    (VAN, plates.yellow, "PK74 XLA", 8.5, -.04),
    (COMPACT, plates.double_banded, "PA 467 XT", 8.7, .08))


class Drive:
    """A car on its way: where it is at any second."""

    def __init__(self, order, body, look, text, speed, aside):
        self.car = build(body, look(text, np.random.default_rng(100 + order)))
        self.speed, self.x, self.leaves, self.order = speed, LANE + aside, FIRST + GAP * order, order

    def place(self, second):
        y = EXIT + self.speed * (self.leaves - second)
        return self.x, y, .006 * np.sin(7.5 * second + self.order)

    def quad(self, second):
        """The plate in the picture, or None once it is partly outside or the car still far."""
        x, y, lift = self.place(second)
        if not 3 < y < 60:
            return None
        pixel, _ = CAMERA.project(self.car.plate_corners(x, y, lift))
        inside = (pixel > 4).all() and (pixel < (WIDTH - 4, HEIGHT - 4)).all()
        return pixel if inside else None


def frame(empty, traffic, second):
    """One picture in linear light: the empty street, then shadows, then cars from far to near."""
    sky, sun = empty[0].copy(), empty[1].copy()
    light, seen = None, []
    for drive in sorted(traffic, key=lambda d: -d.place(second)[1]):
        x, y, lift = drive.place(second)
        if 2.5 < y < 115:
            _darken(sky, sun, drive.car, x, y)
            seen.append((drive.car, x, y, lift))
    light = sky + sun
    for car, x, y, lift in seen:
        drawn = cars.picture(car, CAMERA, x, y, lift)
        if drawn is not None:
            (left, top), part = drawn
            area = light[top:top + part.shape[0], left:left + part.shape[1]]
            area *= 1 - part[..., 3:]
            area += part[..., :3]
    return light


def _darken(sky, sun, car, x, y):
    """The car's shadow on the road, cast by the sun, and the dimness underneath it."""
    shade, under = (np.zeros(sky.shape[:2], np.uint8) for _ in range(2))
    for points in car.shadow(x, y):
        for quad in np.round(CAMERA.project(points)[0] * 16).astype(np.int32):
            cv2.fillConvexPoly(shade, quad, 255, cv2.LINE_8, 4)
    pixel, _ = CAMERA.project(car.footprint(x, y))
    cv2.fillPoly(under, [np.round(pixel * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
    soft = CAMERA.focal / max(y, 3)
    hard = cv2.GaussianBlur(shade, (0, 0), max(.6, .018 * soft)).astype(np.float32) / 255
    wide = cv2.GaussianBlur(under, (0, 0), max(.8, .06 * soft)).astype(np.float32) / 255
    sun *= 1 - np.maximum(.97 * hard, wide)[..., None]
    sky *= 1 - np.clip(.86 * wide + .18 * hard, 0, .92)[..., None]


def finish(light, number):
    """The camera's own marks: darker corners, a slightly soft lens, sensor noise, eight bits."""
    rng = np.random.default_rng(7000 + number)
    x, y = np.linspace(-1, 1, WIDTH, dtype=np.float32), np.linspace(-1, 1, HEIGHT, dtype=np.float32)
    vignette = 1 - .16 * (x[None, :] ** 2 * .7 + y[:, None] ** 2 * .5) ** 1.3
    picture = cv2.GaussianBlur(develop(light * vignette[..., None]), (0, 0), .45)
    grain = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * .75 + rng.standard_normal((HEIGHT, WIDTH, 3), np.float32) * .3
    return np.clip(picture + grain + .5, 0, 255).astype(np.uint8)


def truth(traffic):
    """What is really written on the cars, and when each plate is wholly in the picture and at least 60 pixels wide."""
    vehicles = []
    for drive in traffic:
        wide = []
        for number in range(round(SECONDS * RATE)):
            quad = drive.quad(number / RATE)
            if quad is not None and np.hypot(*(quad[1] - quad[0])) >= 60:
                wide.append((number, np.hypot(*(quad[1] - quad[0]))))
        vehicles.append({"plate": drive.car.plate.text, "from": wide[0][0] / RATE, "to": wide[-1][0] / RATE,
                         "frames": len(wide), "width": [round(float(wide[0][1])), round(float(wide[-1][1]))]})
    return {"clip": "street.mp4", "width": WIDTH, "height": HEIGHT, "rate": RATE, "seconds": SECONDS, "vehicles": vehicles}


def encode(pictures, path):
    command = ["ffmpeg", "-y", "-loglevel", "error",
               "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-",
               "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p",
               "-c:v", "libx264", "-preset", "veryslow", "-crf", "22.5", "-g", "200", "-threads", "2",
               "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
               "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-movflags", "+faststart", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as ffmpeg:
        for picture in pictures:
            ffmpeg.stdin.write(picture.tobytes())
    if ffmpeg.returncode:
        raise SystemExit("ffmpeg failed: see its message above")


class Film:
    """The empty street and its traffic, ready to be photographed at any frame."""

    def __init__(self):
        self.empty = street.render(CAMERA)
        self.traffic = [Drive(order, *entry) for order, entry in enumerate(TRAFFIC)]

    def picture(self, number):
        return finish(frame(self.empty, self.traffic, number / RATE), number)


def _load():
    global _film
    cv2.setNumThreads(1)
    _film = Film()


def _picture(number):
    return _film.picture(number)


def main():
    ask = argparse.ArgumentParser(description="Renders the demo clip and its truth.")
    ask.add_argument("--still", nargs=2, action="append", metavar=("SECOND", "PNG"), help="write one picture instead of the clip")
    stills = ask.parse_args().still
    if stills:
        film = Film()
        for second, path in stills:
            cv2.imwrite(path, film.picture(round(float(second) * RATE))[..., ::-1])
        return
    with Pool(initializer=_load) as pool:
        encode(pool.imap(_picture, range(round(SECONDS * RATE)), 4), HERE / "street.mp4")
    (HERE / "street.json").write_text(json.dumps(truth(Film().traffic), indent=2) + "\n")


if __name__ == "__main__":
    main()
