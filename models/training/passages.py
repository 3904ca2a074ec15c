"""Films of one vehicle going by, with known plates: ``python3 passages.py --out DIR``.

A vehicle drives towards a camera on a gantry; light, weather, speed and frame rate vary, everything else follows from
optics: how large the plate is in each frame, how far it moves while the shutter is open, how much light reaches the
sensor. Writes ``passage-*.mp4`` and ``passages.tsv`` (file, text, light, km/h, frames a second).
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

import cv2
import numpy as np

from plates import PlateRenderer
from plates.face import Plate

WIDTH, HEIGHT = 1280, 720
GANTRY, LANE = 4.5, 1.2  # metres above the plate, metres beside it
FAR, NEAR = 24.0, 9.0  # metres of road that the lens covers
LIGHTS = ("day", "night", "rain")
SPEEDS = (30, 60, 90, 120)  # km/h
RATES = (15, 30, 60)  # frames a second
# Seconds the shutter is open, and sensor noise (standard deviation of 255) at that gain.
SHUTTER = {"day": 1 / 1000, "night": 1 / 500, "rain": 1 / 500}
NOISE = {"day": 3.0, "night": 16.0, "rain": 7.0}


class Vehicle:
    """A vehicle's front: the plate on a body with lamps, a grille and a bumper; drawn once, then only seen from afar."""

    def __init__(self, renderer: PlateRenderer, plate: Plate):
        height, width = plate.image.shape[:2]
        self.plate_metres = 0.52 if width > 3 * height else 0.31 if width > 1.6 * height else 0.24
        self.pixel = self.plate_metres / width
        body_w, body_h = int(1.8 / self.pixel), int(1.3 / self.pixel)
        paint = renderer.colour(10, 240)
        body = np.empty((body_h, body_w, 3), np.float32)
        body[:] = paint
        body += (np.linspace(30, -40, body_h, dtype=np.float32)[:, None, None])
        glass = int(body_h * 0.38)
        body[:glass, int(body_w * 0.12):int(body_w * 0.88)] = renderer.between(20, 70)
        grille = (int(body_w * 0.3), int(body_h * 0.5), int(body_w * 0.7), int(body_h * 0.62))
        cv2.rectangle(body, grille[:2], grille[2:], (25, 25, 25), -1)
        for y in np.linspace(grille[1], grille[3], 6):
            cv2.line(body, (grille[0], int(y)), (grille[2], int(y)), (110, 110, 110), 2)
        self.lamps = [(int(body_w * x), int(body_h * 0.54)) for x in (0.14, 0.86)]
        for lamp in self.lamps:
            cv2.ellipse(body, lamp, (int(body_w * 0.09), int(body_h * 0.06)), 0, 0, 360, (220, 225, 225), -1)
        cv2.rectangle(body, (0, int(body_h * 0.66)), (body_w, int(body_h * 0.9)), (paint * 0.6).tolist(), -1)
        top, left = int(body_h * 0.7), (body_w - width) // 2
        body[top:top + height, left:left + width] = plate.image
        self.body = np.clip(body, 0, 255).astype(np.uint8)
        self.plate_box = (left, top, width, height)
        # The plate's centre is where the vehicle is.
        self.origin = (left + width / 2, top + height / 2)

    def corners(self, distance: float, focal: float, tilt: float) -> np.ndarray:
        """Where the body's corners are in the frame when the plate is ``distance`` metres of road away."""
        height, width = self.body.shape[:2]
        points = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
        x = (points[:, 0] - self.origin[0]) * self.pixel + LANE
        y = (points[:, 1] - self.origin[1]) * self.pixel + GANTRY
        # The camera looks down so that the middle of its road is in the middle of the frame.
        pitch = np.arctan2(GANTRY, (FAR + NEAR) / 2)
        depth = distance * np.cos(pitch) + y * np.sin(pitch)
        down = y * np.cos(pitch) - distance * np.sin(pitch)
        u, v = focal * x / depth, focal * down / depth
        turned = np.stack([u * np.cos(tilt) - v * np.sin(tilt), u * np.sin(tilt) + v * np.cos(tilt)], 1)
        return (turned + [WIDTH / 2, HEIGHT / 2]).astype(np.float32)


def film(renderer: PlateRenderer, plate: Plate, light: str, speed: float, rate: float, file: Path) -> None:
    rng = renderer.rng
    vehicle = Vehicle(renderer, plate)
    focal, tilt = renderer.between(1700, 2300), np.radians(rng.normal() * 3)
    metres_a_second = speed / 3.6
    road = _road(renderer)
    fixed = rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * 2  # the sensor's own pattern
    brightness = {"day": renderer.between(0.8, 1.1), "night": renderer.between(0.1, 0.22), "rain": renderer.between(0.45, 0.7)}[light]
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(rate), "-i", "-",
               "-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-pix_fmt", "yuv420p", "-threads", "1", str(file)]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    distance = FAR + metres_a_second * renderer.between(0, 1 / rate)
    while distance > NEAR - 3:
        distance -= metres_a_second / rate
        if distance < NEAR - 3:
            break
        frame = _expose(renderer, vehicle, road, distance, metres_a_second * SHUTTER[light], focal, tilt, light, brightness)
        if light == "rain":
            _streaks(rng, frame)
        noise = rng.standard_normal((HEIGHT, WIDTH, 3), np.float32) * NOISE[light]
        encoder.stdin.write(np.clip(frame + noise + fixed, 0, 255).astype(np.uint8).tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise RuntimeError(f"ffmpeg could not write {file}")


def _road(renderer: PlateRenderer) -> np.ndarray:
    road = np.empty((HEIGHT, WIDTH, 3), np.float32)
    road[:] = renderer.between(70, 120)
    road += renderer.cloud(HEIGHT, WIDTH, 3) * 14 + renderer.cloud(HEIGHT, WIDTH, 90, 3) * 20
    for x in (0.16, 0.9):
        cv2.line(road, (int(WIDTH * (0.5 + (x - 0.5) * 0.4)), 0), (int(WIDTH * x), HEIGHT), (205, 205, 205), 10)
    return road


def _expose(renderer, vehicle, road, distance, travelled, focal, tilt, light, brightness) -> np.ndarray:
    """The frame as the sensor sees it: the mean over the time the shutter is open."""
    instants = np.linspace(0, travelled, 4)
    frame = np.zeros_like(road)
    height, width = vehicle.body.shape[:2]
    source = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    for step in instants:
        view = cv2.getPerspectiveTransform(source, vehicle.corners(distance - step, focal, tilt))
        seen = cv2.warpPerspective(vehicle.body, view, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(np.full((height, width), 255, np.uint8), view, (WIDTH, HEIGHT))[..., None].astype(np.float32) / 255
        frame += (road * (1 - mask) + seen * mask) / len(instants)
    # Smaller than the drawing by far: what is finer than a pixel must be averaged, not sampled.
    frame = cv2.GaussianBlur(frame, (0, 0), 0.7)
    frame *= brightness
    if light == "night":  # an infrared lamp beside the lens: the plate shines back, lamps dazzle, colour is gone
        grey = frame @ np.array([0.114, 0.587, 0.299], np.float32)
        view = cv2.getPerspectiveTransform(source, vehicle.corners(distance, focal, tilt))
        left, top, w, h = vehicle.plate_box
        shine = np.zeros((height, width), np.float32)
        shine[top:top + h, left:left + w] = 1
        grey *= 1 + cv2.warpPerspective(shine, view, (WIDTH, HEIGHT)) * 2.2
        for x, y in cv2.perspectiveTransform(np.float32([vehicle.lamps]), view)[0]:
            size = focal / distance
            glow = np.zeros((HEIGHT // 8, WIDTH // 8), np.float32)
            cv2.circle(glow, (int(x / 8), int(y / 8)), max(1, int(size * 0.12 / 8)), 400, -1)
            grey += cv2.resize(cv2.GaussianBlur(glow, (0, 0), size * 0.12 / 8 + 1), (WIDTH, HEIGHT))
        frame = np.repeat(grey[..., None], 3, 2)
    return frame


def _streaks(rng: np.random.Generator, frame: np.ndarray) -> None:
    for _ in range(260):
        x, y, length = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT)), int(rng.integers(8, 34))
        area = frame[y:y + length, x:x + 1]
        area += (190 - area) * rng.uniform(0.15, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--each", type=int, default=1, help="films for each light, speed and frame rate")
    parser.add_argument("--seed", type=int, default=4711)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    renderer = PlateRenderer(args.seed, strokes=60, validation=True)
    rows = ["file\ttext\tlight\tkm/h\tframes a second"]
    number = 0
    for light in LIGHTS:
        for speed in SPEEDS:
            for rate in RATES:
                for _ in range(args.each):
                    number += 1
                    renderer.rng = np.random.default_rng((args.seed, number))
                    plate = renderer.plate()
                    while not 5 <= len(plate.text) <= 9 or not plate.region:
                        plate = renderer.plate()
                    file = args.out / f"passage-{number:03d}.mp4"
                    film(renderer, plate, light, speed, rate, file)
                    rows.append(f"{file.name}\t{plate.text}\t{light}\t{speed}\t{rate}")
    (args.out / "passages.tsv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
