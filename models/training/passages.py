"""Films of one vehicle going by, with known plates: ``python3 passages.py --out DIR``.

A vehicle drives towards a camera on a gantry; light, weather, speed and frame rate vary, everything else follows from
optics: how large the plate is in each frame, how far it moves while the shutter is open, how much light reaches the
sensor. Writes ``passage-*.mp4`` and ``passages.tsv`` (file, text, light, km/h, frames a second), a line as each film is
done; a run that was stopped goes on where it was.
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
GANTRY = 5.5  # metres above the road
FAR, NEAR = 26.0, 10.5  # metres of road: where a film begins, and where a plate reaches the frame's lower edge
LIGHTS = ("day", "night", "rain")
SPEEDS = (30, 60, 90, 120)  # km/h
RATES = (15, 30, 60)  # frames a second
# Seconds the shutter is open (an infrared lamp flashes as briefly), and sensor noise (standard deviation of 255) at that gain.
SHUTTER = {"day": 1 / 1000, "night": 1 / 1000, "rain": 1 / 500}
NOISE = {"day": 3.0, "night": 10.0, "rain": 6.0}
SHINE = 3.2  # how much brighter a plate is than paint when the light comes from beside the lens
OF_EACH = 3
"""Films of every light, speed and rate."""
HEADER = "file\ttext\tlight\tkm/h\tframes a second"


def conditions(number: int) -> tuple[str, int, int]:
    """Light, km/h and frames a second of a film, from 0. Twelve films in a row have every light with every speed, 36 every
    combination."""
    turn = number // len(LIGHTS)
    return LIGHTS[number % len(LIGHTS)], SPEEDS[turn % len(SPEEDS)], RATES[turn % len(RATES)]


class View:
    """A camera on a gantry that looks down the road so that a plate leaves the frame at :data:`NEAR`."""

    def __init__(self, focal: float, tilt: float):
        self.focal, self.tilt = focal, tilt
        """Pixels; radians about the line of sight."""
        self.pitch = np.arctan2(GANTRY - 0.5, NEAR) - np.arctan2(0.46 * HEIGHT, focal)

    def project(self, points) -> np.ndarray:
        """Pixels of ``points``, n × 3: metres to the right, above the road, down the road."""
        x, up, along = np.asarray(points, np.float64).T
        y = GANTRY - up
        depth = along * np.cos(self.pitch) + y * np.sin(self.pitch)
        down = y * np.cos(self.pitch) - along * np.sin(self.pitch)
        u, v = self.focal * x / depth, self.focal * down / depth
        turned = np.stack([u * np.cos(self.tilt) - v * np.sin(self.tilt), u * np.sin(self.tilt) + v * np.cos(self.tilt)], 1)
        return (turned + [WIDTH / 2, HEIGHT / 2]).astype(np.float32)

    def along(self) -> np.ndarray:
        """Metres of road that each row of the frame shows, HEIGHT × 1; far away where it shows sky."""
        angle = self.pitch + np.arctan((np.arange(HEIGHT) - HEIGHT / 2) / self.focal)
        return (GANTRY / np.tan(np.maximum(angle, 0.02))).astype(np.float32)[:, None]


class Vehicle:
    """A car that shows its front: a few painted planes, far to near. Textures are premultiplied BGRA, 0 to 255."""

    def __init__(self, renderer: PlateRenderer, plate: Plate, infrared: bool):
        height, width = plate.image.shape[:2]
        # Metres, edge to edge: the long European plate, the American, the motorcycle's.
        self.plate_width = 0.52 if width > 3 * height else 0.31 if width > 1.6 * height else 0.24
        self.lane = renderer.between(-0.7, 0.7)
        paint = renderer.colour(15, 235) if renderer.chance(0.5) else np.full(3, renderer.between(15, 235), np.float32)
        glass, tyre = np.full(3, renderer.between(25, 70), np.float32), np.full(3, 22, np.float32)
        sky = renderer.between(0, 60)
        self.plate_up = renderer.between(0.42, 0.55)
        front = self._front(renderer, plate, paint, infrared)
        self.planes = [(np.dstack([np.zeros((64, 64, 3), np.float32), _soft(64) * 190]), _flat(1.1, 0.0, -0.35, 4.6))]
        for side in (-1, 1):
            self.planes.append((_sheet(tyre, tyre), _upright(0.62 * side, 0.86 * side, 0.0, 0.4, 0.3)))
            self.planes.append((_sheet(paint * 0.55, paint * 0.35), [(0.9 * side, 0.75, 4.3), (0.9 * side, 0.85, 0.05), (0.9 * side, 0.25, 0.05), (0.9 * side, 0.25, 4.3)]))
        self.planes += [
            (_sheet(paint * 0.9 + sky, paint * 0.8 + sky), _slope(0.6, 1.5, 3.3, 0.63, 1.45, 1.8)),
            (_sheet(paint * 0.5, paint * 0.5), _slope(0.68, 1.45, 1.8, 0.9, 0.95, 1.0)),
            (_sheet(glass + sky, glass), _slope(0.61, 1.42, 1.77, 0.76, 1.0, 1.02)),
            (_sheet(paint * 0.85 + sky, paint * 1.05 + sky * 0.4), _slope(0.84, 0.98, 1.0, 0.88, 0.82, 0.03)),
        ]
        if infrared:
            self.planes = [(_grey(texture), corners) for texture, corners in self.planes]
        # The front is drawn at several sizes: what is finer than a pixel must be averaged, not sampled.
        self.fronts = [front]
        while self.fronts[-1].shape[1] > 120:
            self.fronts.append(cv2.resize(self.fronts[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        self.lamps = [(0.72 * side, 0.68, 0.0) for side in (-1, 1)]

    def _front(self, renderer, plate, paint, infrared) -> np.ndarray:
        height, width = plate.image.shape[:2]
        pixel = self.plate_width / width
        rows, columns = int(0.62 / pixel), int(1.8 / pixel)  # from 0.22 to 0.84 m above the road
        at = lambda x, up: (int((x + 0.9) / pixel), int((0.84 - up) / pixel))
        body = np.empty((rows, columns, 3), np.float32)
        body[:] = paint
        body *= np.linspace(1.05, 0.6, rows, dtype=np.float32)[:, None, None]
        body *= (1 - 0.35 * np.abs(np.linspace(-1, 1, columns, dtype=np.float32)) ** 4)[None, :, None]  # it curves away
        grille = renderer.between(0.3, 0.55)
        cv2.rectangle(body, at(-grille, 0.76), at(grille, 0.62), (22, 22, 22), -1)
        for up in np.arange(0.63, 0.76, renderer.between(0.02, 0.04)):
            cv2.line(body, at(-grille, up), at(grille, up), (75, 75, 75), max(1, int(0.006 / pixel)))
        cv2.circle(body, at(0, 0.69), int(0.05 / pixel), (170, 170, 170), -1)
        cv2.rectangle(body, at(-0.9, 0.585), at(0.9, 0.57), (paint * 0.35).tolist(), -1)  # the gap above the bumper
        cv2.rectangle(body, at(-0.6, 0.36), at(0.6, 0.26), (25, 25, 25), -1)
        for side in (-1, 1):
            cv2.ellipse(body, at(0.72 * side, 0.68), (int(0.15 / pixel), int(0.07 / pixel)), 8 * side, 0, 360, (150, 150, 150), -1)
            cv2.circle(body, at(0.72 * side, 0.68), int(0.055 / pixel), (245, 245, 245), -1)
            cv2.circle(body, at(0.68 * side, 0.32), int(0.04 / pixel), (120, 120, 120), -1)
        body += renderer.cloud(rows, columns, 0.25 / pixel) * 16 - 8  # what a clean car mirrors
        top, left = int((0.84 - self.plate_up) / pixel) - height // 2, (columns - width) // 2
        edge = int(0.012 / pixel)
        cv2.rectangle(body, (left - edge, top - edge), (left + width + edge, top + height + 2 * edge), (30, 30, 30), -1)
        body = np.clip(body, 0, 255)
        if infrared:
            body[:] = _grey(np.dstack([body, np.full((rows, columns), 255, np.float32)]))[..., :3]
        face = np.clip(plate.image, 0, 255)
        if infrared:
            face = np.repeat((face @ np.float32([0.114, 0.587, 0.299]))[..., None], 3, 2) * SHINE
        body[top:top + height, left:left + width] = face
        return np.dstack([body, np.full((rows, columns), 255, np.float32)])

    def seen(self, view: View, distance: float) -> list[tuple[np.ndarray, np.ndarray]]:
        """Its planes when the front is ``distance`` metres down the road: textures, and where their corners are in the frame."""
        planes = [(texture, view.project(np.add(corners, (self.lane, 0, distance)))) for texture, corners in self.planes]
        corners = view.project(np.add(_upright(-0.9, 0.9, 0.22, 0.84, 0.0), (self.lane, 0, distance)))
        # The nearest size, neither much finer nor much coarser than the frame.
        finer = self.fronts[0].shape[1] / max(1.0, float(np.hypot(*(corners[1] - corners[0]))))
        return planes + [(self.fronts[int(np.clip(round(np.log2(max(finer, 1.0))), 0, len(self.fronts) - 1))], corners)]

    def plate_at(self, view: View, distance: float) -> np.ndarray:
        """The middles of the plate's left and right edge in the frame, pixels."""
        return view.project([(self.lane + side * self.plate_width / 2, self.plate_up, distance) for side in (-1, 1)])


def _sheet(top, bottom) -> np.ndarray:
    """A plane whose colour runs from one to the other."""
    blend = np.linspace(0, 1, 32, dtype=np.float32)[:, None, None]
    colour = np.clip(top * (1 - blend) + bottom * blend, 0, 255)
    return np.dstack([np.repeat(colour, 32, 1), np.full((32, 32), 255, np.float32)]).astype(np.float32)


def _soft(size: int) -> np.ndarray:
    x = np.abs(np.linspace(-1, 1, size, dtype=np.float32))
    return np.clip(4 * (1 - np.maximum(x[:, None], x[None, :])), 0, 1)


def _grey(texture: np.ndarray) -> np.ndarray:
    light = texture[..., :3] @ np.float32([0.114, 0.587, 0.299])
    return np.dstack([light, light, light, texture[..., 3]])


# Corners of planes: right, above the road, behind the front; upper left, upper right, lower right, lower left as seen.
def _upright(left, right, bottom, top, back):
    return [(left, top, back), (right, top, back), (right, bottom, back), (left, bottom, back)]


def _flat(half, up, near, far):
    return [(-half, up, far), (half, up, far), (half, up, near), (-half, up, near)]


def _slope(half_far, up_far, far, half_near, up_near, near):
    return [(-half_far, up_far, far), (half_far, up_far, far), (half_near, up_near, near), (-half_near, up_near, near)]


class Scene:
    """A road, a vehicle and the camera that looks at them; the road is drawn once, the vehicle in every frame."""

    def __init__(self, renderer: PlateRenderer, plate: Plate, light: str):
        self.rng, self.light = renderer.rng, light
        # So that the long plate is 110 to 160 pixels wide where it leaves the frame.
        self.view = View(renderer.between(2450, 3500), np.radians(self.rng.normal() * 2.5))
        self.vehicle = Vehicle(renderer, plate, infrared=light == "night")
        self.brightness = {"day": renderer.between(0.75, 1.1), "night": renderer.between(0.16, 0.32), "rain": renderer.between(0.45, 0.75)}[light]
        road = cv2.GaussianBlur(_road(renderer, self.view), (0, 0), 0.7)
        if light == "night":
            road = _grey(np.dstack([road, road[..., 0]]))[..., :3]
        self.unlit = road
        fixed = self.rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * 1.5  # the sensor's own pattern
        self.road = self._haze(road * self._lit(self.view.along())[..., None] + fixed).astype(np.int16)
        channels = 1 if light == "night" else 3
        noise = self.rng.standard_normal((HEIGHT + 128, WIDTH + 128, channels), np.float32) * NOISE[light]
        self.noise = np.ascontiguousarray(np.broadcast_to(noise, noise.shape[:2] + (3,))).round().astype(np.int16)

    def frame(self, distance: float, travelled: float) -> np.ndarray:
        """What the sensor gives, 8-bit BGR, when the vehicle is ``distance`` metres away and moves on by ``travelled``."""
        picture = self.road.copy()
        planes = self.vehicle.seen(self.view, distance)
        corners = np.concatenate([quad for _, quad in planes])
        left, top = np.clip(np.floor(corners.min(0)).astype(int) - 16, 0, [WIDTH, HEIGHT])
        right, bottom = np.clip(np.ceil(corners.max(0)).astype(int) + 16, 0, [WIDTH, HEIGHT])
        if right > left and bottom > top:
            size = (int(right - left), int(bottom - top))
            layer = np.zeros((size[1], size[0], 4), np.float32)
            for texture, quad in planes:
                height, width = texture.shape[:2]
                edges = np.float32([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
                drawn = cv2.warpPerspective(texture, cv2.getPerspectiveTransform(edges, quad - np.float32([left, top])), size, flags=cv2.INTER_LINEAR)
                layer *= 1 - drawn[..., 3:] / 255
                layer += drawn
            layer = cv2.filter2D(layer, -1, self._smear(distance, travelled))
            layer = cv2.GaussianBlur(layer, (0, 0), 0.7)
            behind = self.road[top:bottom, left:right] * (1 - layer[..., 3:] / 255)
            lit = layer[..., :3] * self._lit(np.float32(distance))
            picture[top:bottom, left:right] = behind + (self._haze(lit, layer[..., 3:] / 255))
        if self.light != "day":
            picture += self._glare(distance)[..., None]
        if self.light == "rain":
            self._streaks(picture)
        y, x = self.rng.integers(128, size=2)
        picture += self.noise[y:y + HEIGHT, x:x + WIDTH, :][:, ::1 if self.rng.random() < 0.5 else -1]
        return np.clip(picture, 0, 255).astype(np.uint8)

    def _lit(self, distance):
        """Daylight is the same everywhere, a lamp's light is not."""
        return self.brightness * (NEAR / np.maximum(distance, NEAR) if self.light == "night" else np.ones_like(distance))

    def _haze(self, picture, share=1.0):
        return picture * 0.8 + 26 * share if self.light == "rain" else picture

    def _smear(self, distance, travelled) -> np.ndarray:
        """The path of the plate while the shutter is open, as a filter."""
        start, end = (self.vehicle.plate_at(self.view, d).mean(0) for d in (distance, distance - travelled))
        reach = int(np.ceil(np.abs(end - start).max() / 2)) + 1
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        for step in np.linspace(-0.5, 0.5, 4 * reach + 1):
            x, y = (end - start) * step + reach
            left, top = int(x), int(y)
            for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                if left + dx <= 2 * reach and top + dy <= 2 * reach:
                    kernel[top + dy, left + dx] += (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
        return kernel / kernel.sum()

    def _glare(self, distance) -> np.ndarray:
        """Headlamps: far too bright for the sensor, and some of their light is scattered in the lens."""
        glow = np.zeros((HEIGHT // 8, WIDTH // 8), np.float32)
        metre = self.view.focal / np.hypot(distance, GANTRY)
        for x, y in self.view.project(np.add(self.vehicle.lamps, (self.vehicle.lane, 0, distance))) / 8:
            cv2.circle(glow, (int(x), int(y)), max(1, int(metre * 0.06 / 8)), 255, -1)
        strength = 1.0 if self.light == "night" else 0.35
        halo = cv2.GaussianBlur(glow, (0, 0), metre * 0.07 / 8) * 1.6 + cv2.GaussianBlur(glow, (0, 0), metre * 0.3 / 8) * 1.2
        return (cv2.resize(halo, (WIDTH, HEIGHT)) * strength).astype(np.int16)

    def _streaks(self, picture: np.ndarray) -> None:
        for _ in range(220):
            x, y, length = int(self.rng.integers(WIDTH)), int(self.rng.integers(HEIGHT)), int(self.rng.integers(8, 34))
            area = picture[y:y + length, x:x + 1]
            area += ((190 - area) * self.rng.uniform(0.1, 0.4)).astype(np.int16)


def _road(renderer: PlateRenderer, view: View) -> np.ndarray:
    """Asphalt, lines and verges, drawn from above (25 pixels a metre, 5 to 85 m down the road), then seen from the gantry."""
    metre, near, far, half = 25, 5, 85, 12
    rows, columns = (far - near) * metre, 2 * half * metre
    ground = np.empty((rows, columns, 3), np.float32)
    ground[:] = renderer.between(70, 115) + np.float32([2, 0, -2])
    ground += renderer.cloud(rows, columns, 60) * 24 - 12
    ground += renderer.rng.standard_normal((rows, columns, 1), np.float32) * 7
    at = lambda x: int((x + half) * metre)
    for tyre in (-0.75, 0.75):  # what tyres have polished
        ground[:, at(tyre - 0.25):at(tyre + 0.25)] *= 0.93
    for x in (-1.8, 5.4):
        cv2.line(ground, (at(x), 0), (at(x), rows), (195, 195, 195), 4)
    for start in range(int(renderer.between(0, 9 * metre)), rows, 9 * metre):
        cv2.line(ground, (at(1.8), start), (at(1.8), start + 3 * metre), (195, 195, 195), 4)
    verge = renderer.cloud(rows, columns, 6) * 50 + np.float32([35, 70, 55])
    for part in (slice(0, at(-3.2)), slice(at(6.6), columns)):
        ground[:, part] = verge[:, part]
    corners = view.project([(-half, 0, far), (half, 0, far), (half, 0, near), (-half, 0, near)])
    edges = np.float32([[0, 0], [columns, 0], [columns, rows], [0, rows]])
    # Twice as large, then averaged: distant gravel would flicker.
    seen = cv2.warpPerspective(ground, cv2.getPerspectiveTransform(edges, corners * 2), (2 * WIDTH, 2 * HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(seen, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def distances(speed: float, rate: float, first: float) -> list[float]:
    """Metres of road to the vehicle in each frame, until its plate has left.

    :param speed: km/h
    :param rate: frames a second
    :param first: where between two frames the film begins, 0 to 1
    """
    step = speed / 3.6 / rate
    return list(np.arange(FAR + step * first, NEAR - 1, -step))


def film(renderer: PlateRenderer, plate: Plate, light: str, speed: float, rate: float, file: Path) -> None:
    scene = Scene(renderer, plate, light)
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(rate), "-i", "-",
               "-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-pix_fmt", "yuv420p", "-threads", "1", str(file)]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    for distance in distances(speed, rate, renderer.between(0, 1)):
        encoder.stdin.write(scene.frame(distance, speed / 3.6 * SHUTTER[light]).tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise RuntimeError(f"ffmpeg could not write {file}")


def write(out: Path, films: int, seed: int) -> int:
    """Films that are in ``out`` in the end, each with its line in the table."""
    out.mkdir(parents=True, exist_ok=True)
    table = out / "passages.tsv"
    done = table.read_text().splitlines() if table.exists() else [HEADER]
    if done[0] != HEADER:
        raise ValueError(f"{table}: another kind of table; name an empty folder")
    if not table.exists():
        table.write_text(HEADER + "\n")
    renderer = PlateRenderer(seed, strokes=60, validation=True)
    for number in range(len(done) - 1, films):
        renderer.rng = np.random.default_rng((seed, number))
        plate = renderer.plate()
        while not 5 <= len(plate.text) <= 9 or not plate.region:
            plate = renderer.plate()
        light, speed, rate = conditions(number)
        file = out / f"passage-{number + 1:03d}.mp4"
        film(renderer, plate, light, speed, rate, file)
        with table.open("a") as lines:
            lines.write(f"{file.name}\t{plate.text}\t{light}\t{speed}\t{rate}\n")
    return max(films, len(done) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--films", type=int, default=OF_EACH * len(LIGHTS) * len(SPEEDS) * len(RATES))
    parser.add_argument("--seed", type=int, default=4711)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"{write(args.out, args.films, args.seed)} films in {args.out}")


if __name__ == "__main__":
    main()
