"""Photographs a rendered plate: mounts it on something, looks at it from somewhere through some camera, and cuts it out as
loosely as a detector would."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import designs
from .chance import Chance
from .face import Plate, PlateRenderer
from .optics import Optics

WIDTH, HEIGHT = 128, 64
EDGE_ERROR = np.array([0.07, 0.06, 0.07, 0.06])
"""Standard deviation of the edges of the detector's boxes, left, top, right, bottom, in heights of the plate, as measured on held-out
photographs and on drawn scenes."""
CORNER_ERROR = 0.08
MARGINS = (-0.045, 0.08)
"""By what share of its size on every side a crop is cut tighter and looser than the box, at most."""
LEAST_TILT, MOST_TILT = np.radians(4), np.radians(35)
"""What stands askew by so much is cut along its tilt; as Edge.Vision/Recognition/PlateCut.cs."""


@dataclass(frozen=True)
class Conditions:
    """How hard the photographs are. Defaults are what training sees."""

    turned: float = 1.0
    """1 = tilts of some 4° usually and up to 24° at times, yaw to 50°; 0 = straight on."""
    blurred: float = 1.0
    noisy: float = 1.0
    smallest: float = 9.0
    """Lowest plate height in pixels."""


class Camera(Chance):
    def __init__(self, renderer: PlateRenderer, surroundings: list[np.ndarray] | None = None, conditions: Conditions = Conditions()):
        super().__init__(renderer.rng)
        self.renderer = renderer
        self.optics = Optics(renderer.rng, conditions.blurred, conditions.noisy)
        self.surroundings = surroundings or []
        """Pictures (uint8 BGR) of what real plates are mounted near; see real.surroundings."""
        self.conditions = conditions

    def crop(self) -> tuple[np.ndarray, Plate]:
        """A crop 64 × 128 × 3 (uint8, BGR) and the plate in it."""
        plate = self.plate()
        return self.photograph(plate), plate

    def plate(self) -> Plate:
        """A plate of 1 to 10 characters."""
        while True:
            plate = self.renderer.plate()
            if 1 <= len(plate.text) <= 10:
                return plate

    def photograph(self, plate: Plate) -> np.ndarray:
        """A crop 64 × 128 × 3 (uint8, BGR) of the plate."""
        scene, pad = self._mount(plate)
        return cv2.resize(self.optics.develop(self._look(scene, pad, plate)), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)

    def reseed(self, rng: np.random.Generator) -> None:
        """Everything from here on follows from ``rng`` alone."""
        self.rng = self.renderer.rng = self.optics.rng = rng

    # ---- where it hangs ----

    def _mount(self, plate: Plate):
        face = plate.image
        height, width = face.shape[:2]
        pad = int(height * 0.42)
        full = (height + 2 * pad, width + 2 * pad)
        if self.surroundings and self.chance(0.55):
            around = self.pick(self.surroundings)
            around = around[:, ::-1] if self.chance(0.5) else around
            share = self.between(0.5, 1)
            h, w = int(around.shape[0] * share), int(around.shape[1] * share)
            y, x = int(self.rng.integers(around.shape[0] - h + 1)), int(self.rng.integers(around.shape[1] - w + 1))
            scene = cv2.resize(around[y:y + h, x:x + w], full[::-1]).astype(np.float32)
            if self.chance(0.5):
                scene *= self.between(0.4, 1.5)
        else:
            scene = np.empty((*full, 3), np.float32)
            scene[:] = self.colour(0, 200) if self.chance(0.5) else np.full(3, self.between(0, 180))
            if self.chance(0.6):
                soft = self.cloud(*full, self.between(8, 60), 3) * self.between(10, 120)
                scene += soft - soft.mean()
            for _ in range(self.rng.integers(5) if self.chance(0.4) else 0):
                y = int(self.between(0, full[0]))
                cv2.line(scene, (0, y), (full[1], y + int(self.between(-15, 15))), self.colour().tolist(), 1 + int(self.rng.integers(9)))
        for _ in range(1 + self.rng.integers(3) if self.chance(0.22) else 0):
            where = self.rng.integers(4)
            x = pad + width * self.between(0, 1) if where < 2 else (pad * 0.45 if where == 2 else pad * 1.55 + width)
            y = (pad * self.between(0.3, 0.8), pad + height + pad * self.between(0.2, 0.7), pad + height * self.between(0, 1), pad + height * self.between(0, 1))[where]
            self.renderer.word(scene, self.pick(designs.MAKERS + designs.SLOGANS), x, y, self.between(0.1, 0.4) * height * (1 if where < 2 else 2), width, self.colour())
        if self.chance(0.42):
            foot = self._hold(scene, pad, pad, width, height)
            if self.chance(0.5):
                self.renderer.word(scene, self.pick(designs.MAKERS + designs.SLOGANS), pad + width * self.between(0.3, 0.7), pad + height + foot * 0.5, foot * 0.7, width * 0.8, self.colour(100))
        scene[pad:pad + height, pad:pad + width] = face
        if plate.style in ("us", "usa") and self.chance(0.3) or self.chance(0.03):
            self._cover(scene, pad, pad, width, height)
        return np.clip(scene, 0, 255).astype(np.uint8), pad

    def _hold(self, scene, left, top, width, height):
        """A holder under the plate there; how far it reaches below."""
        tone = np.full(3, self.between(0, 70)) if self.chance(0.75) else self.colour()
        edge, foot = int(height * self.between(0.02, 0.14)), int(height * self.between(0.02, 0.2))
        cv2.rectangle(scene, (left - edge, top - edge), (left + width + edge, top + height + foot), tone.tolist(), -1)
        return foot

    def _cover(self, scene, left, top, width, height):
        """A dealer's frame that hides the edges of the plate there, lettered."""
        tone = np.full(3, self.between(0, 60)) if self.chance(0.6) else np.full(3, self.between(130, 230)) if self.chance(0.6) else self.colour()
        above, below, side = int(height * self.between(0.03, 0.2)), int(height * self.between(0.03, 0.2)), int(width * self.between(0, 0.03))
        right, bottom = left + width, top + height
        for corners in (((left - 5, top - 5), (right + 5, top + above)), ((left - 5, bottom - below), (right + 5, bottom + 5)),
                        ((left - 5, top - 5), (left + side, bottom + 5)), ((right - side, top - 5), (right + 5, bottom + 5))):
            cv2.rectangle(scene, *corners, tone.tolist(), -1)
        letters = self.colour(0, 90) if tone.mean() > 130 else self.colour(150)
        for y, size in ((top + above * 0.45, above * 0.8), (bottom - below * 0.45, below * 0.8)):
            if self.chance(0.7):
                self.renderer.word(scene, self.pick(designs.MAKERS + designs.SLOGANS), left + width / 2, y, size, width * 0.85, letters)

    # ---- from where ----

    def _look(self, scene, pad, plate):
        height, width = plate.image.shape[:2]
        face = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
        quad = self._seen(face)
        cut = self.cut(quad)
        rows, columns = self._resolution(plate.lines, len(plate.text), np.linalg.norm(cut[1] - cut[0]) / np.linalg.norm(cut[3] - cut[0]))
        return self._expose(scene, face + pad, quad, cut, rows, columns)

    def _expose(self, scene, face, quad, cut, rows, columns):
        """What is in ``cut`` where the scene's ``face`` is seen at ``quad``."""
        across, down = np.linalg.norm(cut[1] - cut[0]), np.linalg.norm(cut[3] - cut[0])
        sharper = 2 if rows < 56 else 1  # draw small plates larger and shrink them: aliasing is not what a lens does
        target = (quad - cut[0]) @ np.stack([(cut[1] - cut[0]) / across ** 2 * columns * sharper, (cut[3] - cut[0]) / down ** 2 * rows * sharper], 1)
        view = cv2.getPerspectiveTransform(face, target.astype(np.float32))
        picture = cv2.warpPerspective(scene, view, (columns * sharper, rows * sharper), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if sharper > 1:
            picture = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        return picture

    def _seen(self, face: np.ndarray) -> np.ndarray:
        """Where the face's corners land: a plane some plate widths away, turned about the vertical, looked down on, then turned about
        the line of sight. From above and the side, a plate's edges lean although nobody mounted it askew."""
        hard = self.conditions.turned
        width, height = face[2]
        angle = np.radians(self.rng.normal() * 3.5 if self.chance(0.8) else self.between(-24, 24)) * hard
        yaw = np.radians(self.between(-50, 50) if self.chance(0.25) else self.rng.normal() * 10) * hard
        pitch = np.radians(self.rng.normal() * 9) * hard
        x, y = (face - [width / 2, height / 2]).T
        x, near = x * np.cos(yaw), x * np.sin(yaw)
        y, near = y * np.cos(pitch) + near * np.sin(pitch), near * np.cos(pitch) - y * np.sin(pitch)
        distance = self.between(2.5, 8) * width
        flat = np.stack([x, y], 1) * (distance / (distance - near))[:, None]
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return flat @ turn.T + self.rng.normal(size=(4, 2)) * height * 0.02 * hard

    def cut(self, quad: np.ndarray) -> np.ndarray:
        """Corners of the rectangle that is cut out for a plate whose corners are ``quad``, both from top left, clockwise. Mostly as the
        detector has it, whose edges err (``edge_errors``), and as the product cuts along its corners what stands
        askew; one in five as a person cuts, upright and close."""
        low, high = quad.min(0), quad.max(0)
        tall = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
        if self.chance(0.2):
            margin = self.rng.uniform(-0.03, 0.04, 4)
            return _rectangle((low + high) / 2 + (high - low) * (margin[2:] - margin[:2]) / 2, (high - low) * (1 + margin[:2] + margin[2:]), 0.0)
        off = edge_errors(self.rng) * tall
        low, high = low - off[:2], high + off[2:]
        centre, size, tilt = (low + high) / 2, high - low, 0.0
        seen = quad + self.rng.normal(size=(4, 2)) * CORNER_ERROR * tall
        top, bottom = seen[1] - seen[0], seen[2] - seen[3]
        askew = np.arctan2(top[1] + bottom[1], top[0] + bottom[0])
        if LEAST_TILT <= abs(askew) <= MOST_TILT:
            tilt, sin, cos = askew, np.sin(abs(askew)), np.cos(askew)
            sides = np.array([(np.linalg.norm(top) + np.linalg.norm(bottom)) / 2,
                              (np.linalg.norm(seen[3] - seen[0]) + np.linalg.norm(seen[2] - seen[1])) / 2])
            inside = (size * cos - size[::-1] * sin) / (cos * cos - sin * sin)
            size = (np.clip(inside, sides / 1.5, sides * 1.5) + sides) / 2
        return _rectangle(centre, size * (1 + 2 * self.between(*MARGINS)), tilt)

    def _resolution(self, lines, characters, aspect):
        """Rows and columns of the crop: what a person could just still read at the lowest."""
        fate = self.rng.random()
        rows = self.between(40, 110) if fate < 0.42 else self.between(20, 45) if fate < 0.82 else self.between(110, 170) if fate < 0.9 else self.between(self.conditions.smallest, 24)
        if lines == 2:
            rows *= 1.9
        elif aspect < 2.6:
            rows *= 1.4  # characters of a US plate are half of its height
        rows = max(self.conditions.smallest * (2 if lines == 2 else 1.4 if aspect < 2.6 else 1), rows)
        # At least 3.4 pixels a character of one line.
        longest = characters if lines == 1 else max(4, characters - 3)
        rows = max(rows, longest * 3.4 / max(0.8, aspect))
        return max(9, int(rows)), max(24, int(rows * aspect * self.between(0.92, 1.08)))


def edge_errors(rng: np.random.Generator) -> np.ndarray:
    """How far out the detector's box is at left, top, right and bottom, in heights of the plate: one in six badly."""
    wide = 1.9 if rng.random() < 1 / 6 else 1.0
    return np.clip(rng.normal(size=4) * EDGE_ERROR * wide, -0.11, 0.35)


def _rectangle(centre: np.ndarray, size: np.ndarray, tilt: float) -> np.ndarray:
    """Corners from top left, clockwise; ``tilt`` in radians, clockwise as seen."""
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    return centre + (np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * size) @ turn.T
