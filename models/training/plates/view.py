"""Plates where real ones hang, with more around them than a crop shows: what stands before a plate stands beside it too."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .face import Plate, PlateRenderer
from .optics import Optics
from .photograph import HEIGHT, WIDTH, Camera, Conditions

ROWS = 80
"""How high a real plate stands in a scene, in pixels; a rendered one as it was drawn."""
BESIDE, ABOVE = 0.6, 1.0
"""How much of a site is shown beside its plate and above and below, in widths and heights of the plate."""
LEAST_HIDDEN, MOST_HIDDEN = 0.16, 0.55
"""What is hidden at an end, by share of the plate's width: more than a band or a province beside the text."""
TYPICAL = (1, 7)
"""Lines and characters of a real plate: they say how many pixels are needed to read it."""


@dataclass(frozen=True)
class Site:
    """Where a plate hangs on a vehicle."""

    picture: np.ndarray
    """The plate and what is around it, as far as the photograph has it, uint8 BGR."""
    box: tuple[float, float, float, float]
    """The plate's left, top, width and height there, in pixels."""
    squashed: bool
    """Whether the photograph was squashed to a square."""
    weight: float
    """How often the real plate is looked at, beside others; 0 where nobody could read it, or the photograph may cut it."""


class Views(Camera):
    """Looks at real plates, and at rendered ones in their places."""

    def __init__(self, renderer: PlateRenderer, sites: list[Site], surroundings: list[np.ndarray] | None = None, conditions: Conditions = Conditions()):
        super().__init__(renderer, surroundings, conditions)
        self._sites = sites
        self._real = [(site.weight, site) for site in sites if site.weight > 0]
        self._mild = Optics(renderer.rng, blurred=0.5, noisy=0.5)  # real photographs have their own blur and noise

    def view(self, hidden: bool, margin: float) -> np.ndarray:
        """A plate and ``margin`` of its box on every side, 64 × 128 × 3 (uint8, BGR), as far as the picture goes: ``hidden``, with something before
        a part of it, and the box mostly of what is left; else often with the same beside it."""
        plate = None if self._real and self.chance(0.5) else self.plate()
        scene = self._hang(plate)
        left = scene.face
        if hidden or self.chance(0.5):
            left = self._obstruct(scene, hidden)
        farthest = 0 if self.chance(0.05) else margin  # a picture that is a plate's crop
        margins = np.array([farthest * (self.between(0.1, 1) if self.chance(0.06) else 1) for _ in range(4)])
        picture, _ = self._see(scene, left if self.chance(0.85) else scene.face, plate, margins)
        return cv2.resize(self._developed(picture, plate), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)

    def surrounded(self, plate: Plate, margin: float) -> tuple[np.ndarray, tuple[float, float, float, float]]:
        """A picture (uint8, BGR, as many pixels as the camera has) of the plate and what is around it: ``margin`` of the crop's size on every
        side, as far as the photograph goes; and where in it the crop is: left, top, width, height."""
        scene = self._hang(plate)
        picture, box = self._see(scene, scene.face, plate, np.full(4, margin))
        return self._developed(picture, plate), box

    def _developed(self, picture: np.ndarray, plate: Plate | None) -> np.ndarray:
        if plate:
            return self.optics.develop(picture)
        self._mild.rng = self.rng
        return self._mild.develop(picture) if self.chance(0.6) else picture

    # ---- where it hangs ----

    def _hang(self, plate: Plate | None) -> _Scene:
        """A site with the plate, or the real one where there is none."""
        site = self.pick(self._sites) if plate else self.weighted(self._real)[1]
        x, y, width, height = site.box
        tall, wide = plate.image.shape[:2] if plate else (ROWS, ROWS * width / height * (self.between(1.2, 1.8) if site.squashed and width < 2 * height else 1))
        scale = np.array([wide / width, tall / height])
        size = np.maximum(8, np.round(np.array(site.picture.shape[1::-1]) * scale)).astype(int)
        picture = cv2.resize(site.picture, size.tolist(), interpolation=cv2.INTER_LINEAR if scale[1] > 1 else cv2.INTER_AREA)
        face = np.array([x, y, x + width, y + height]) * [*scale, *scale]
        if plate and self.chance(0.5):
            picture, face = picture[:, ::-1], np.array([size[0] - face[2], face[1], size[0] - face[0], face[3]])
        scene = _Scene.of(picture, face, 1.0 if plate else max(1.0, scale[1]))
        if plate:
            self._mount_in(scene, plate)
        return scene

    def _mount_in(self, scene: _Scene, plate: Plate) -> None:
        """Over the real plate, and a little larger, so that nothing of that is seen."""
        picture = scene.picture.astype(np.float32) * (self.between(0.4, 1.5) if self.chance(0.5) else 1)
        over = self.between(0.02, 0.09) * (scene.face[2:] - scene.face[:2])
        left, top, right, bottom = np.round(scene.face + [*-over, *over]).astype(int)
        if self.chance(0.25):
            self._hold(picture, left, top, right - left, bottom - top)
        picture[top:bottom, left:right] = cv2.resize(plate.image, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        if plate.style in ("us", "usa") and self.chance(0.3) or self.chance(0.03):
            self._cover(picture, left, top, right - left, bottom - top)
        scene.picture, scene.face = np.clip(picture, 0, 255).astype(np.uint8), np.array([left, top, right, bottom], float)

    # ---- what stands before it ----

    def _obstruct(self, scene: _Scene, hidden: bool) -> np.ndarray:
        """Draws something before the plate, or where it hides nothing of it; what is left of the face."""
        fate = self.rng.random()
        shape, left = (self._at_an_end if fate < 0.72 else self._across if fate < 0.86 else self._post)(scene.face, hidden)
        mask = np.zeros(scene.picture.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.round(shape * 16).astype(np.int32)], 255, cv2.LINE_8, 4)
        share = cv2.GaussianBlur(mask, (0, 0), self.between(0.4, 1.5) * scene.coarse).astype(np.float32)[..., None] / 255
        scene.picture = np.clip(scene.picture * (1 - share) + self._thing(*mask.shape) * share, 0, 255).astype(np.uint8)
        return left

    def _at_an_end(self, face: np.ndarray, hidden: bool) -> tuple[np.ndarray, np.ndarray]:
        """A vehicle, a wheel, a mask that the camera paints, from one side as far as there."""
        left, top, right, bottom = face
        width, height = right - left, bottom - top
        first, left_over = self.chance(0.5), face.copy()
        share = self.between(LEAST_HIDDEN, MOST_HIDDEN) if hidden else -self.between(0.01, 0.5)
        inner = left + share * width if first else right - share * width
        wide = 3 * width if self.chance(0.6) else max(0.0, share) * width + self.between(0.06, 0.8) * width
        outer = inner - wide if first else inner + wide
        if self.chance(0.2):  # round, so that a finder sees all ends of the plate
            middle, tall = self.between(top, bottom), self.between(0.9, 3) * height
            turn = np.linspace(0, 2 * np.pi, 40)
            reach = min(wide / 2, self.between(0.4, 1.2) * width)
            shape = np.stack([(inner - reach if first else inner + reach) + reach * np.cos(turn), middle + tall * np.sin(turn)], 1)
            return shape, face
        if hidden:
            left_over[0 if first else 2] = inner
        up, down = (4 * height if self.chance(0.6) else self.between(0.15, 1.8) * height for _ in range(2))
        if hidden and self.chance(0.15):
            up = down = self.between(0, 0.3) * height
        lean = self.rng.normal() * 0.1 * height if self.chance(0.6) else 0
        return np.array([[inner - lean, top - up], [inner + lean, bottom + down], [outer + lean, bottom + down], [outer - lean, top - up]]), left_over

    def _across(self, face: np.ndarray, hidden: bool) -> tuple[np.ndarray, np.ndarray]:
        """What hides the upper or the lower part: a tailgate, a tow bar, the vehicle behind."""
        left, top, right, bottom = face
        width, height = right - left, bottom - top
        first, left_over = self.chance(0.5), face.copy()
        share = self.between(0.3, 0.6) if hidden else -self.between(0.02, 0.6)
        inner = top + share * height if first else bottom - share * height
        deep = 4 * height if self.chance(0.5) else self.between(0.6, 2) * height
        outer = inner - deep if first else inner + deep
        before, behind = (3 * width if self.chance(0.5) else self.between(0.1, 1) * width for _ in range(2))
        lean = self.rng.normal() * 0.05 * height
        if hidden:
            left_over[1 if first else 3] = inner
        return np.array([[left - before, inner - lean], [right + behind, inner + lean], [right + behind, outer], [left - before, outer]]), left_over

    def _post(self, face: np.ndarray, hidden: bool) -> tuple[np.ndarray, np.ndarray]:
        left, top, right, bottom = face
        width, height = right - left, bottom - top
        half = self.between(0.05, 0.14) * width
        away = half + self.between(0.02, 0.5) * width
        at = left + self.between(0.22, 0.78) * width if hidden else left - away if self.chance(0.5) else right + away
        up, down = (4 * height if self.chance(0.6) else self.between(0.1, 1.5) * height for _ in range(2))
        lean = self.rng.normal() * 0.06 * height
        return np.array([[at - half - lean, top - up], [at + half - lean, top - up], [at + half + lean, bottom + down], [at - half + lean, bottom + down]]), face

    def _thing(self, height: int, width: int) -> np.ndarray:
        """What it is made of, float32: a piece of some photograph, or a colour."""
        if self.surroundings and self.chance(0.45):
            thing = cv2.resize(self.pick(self.surroundings), (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
            if self.chance(0.5):
                thing = cv2.GaussianBlur(thing, (0, 0), self.between(2, 25))
            return thing * self.between(0.5, 1.3)
        thing = np.empty((height, width, 3), np.float32)
        thing[:] = self.colour() if self.chance(0.3) else np.full(3, self.between(0, 235))
        if self.chance(0.5):
            thing *= np.linspace(self.between(0.6, 1), self.between(0.8, 1.3), width, dtype=np.float32)[None, :, None]
        if self.chance(0.3):
            thing += (self.cloud(height, width, self.between(5, 50)) - 0.5) * self.between(10, 70)
        return thing

    # ---- from where ----

    def _see(self, scene: _Scene, boxed: np.ndarray, plate: Plate | None, margins: np.ndarray):
        """The picture of a box about ``boxed``, with ``margins`` of its size at left, top, right and bottom as far as the photograph goes, and
        where the box is in it."""
        corners = _corners(scene.face)
        quad = self._seen(corners - scene.face[:2])
        seen = cv2.getPerspectiveTransform(corners, quad.astype(np.float32))
        box = self.cut(cv2.perspectiveTransform(_corners(boxed)[None], seen)[0].astype(float))
        across, down = box[1] - box[0], box[3] - box[0]
        wide, high = np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])
        rows, columns = self._resolution(*(plate.lines, len(plate.text)) if plate else TYPICAL, wide / high)  # of the plate, whatever is left of it
        rows, columns = rows * np.linalg.norm(down) / high, columns * np.linalg.norm(across) / wide
        left, top, right, bottom = np.minimum(margins, scene.room(boxed))
        begin, wider, higher = box[0] - left * across - top * down, 1 + left + right, 1 + top + bottom
        cut = np.array([begin, begin + wider * across, begin + wider * across + higher * down, begin + higher * down])
        rows, columns = max(8, round(rows * higher)), max(8, round(columns * wider))
        width, height = columns / wider, rows / higher
        return self._expose(scene.picture, corners, quad, cut, rows, columns), (left * width, top * height, width, height)


@dataclass
class _Scene:
    picture: np.ndarray
    """The site, scaled, and continued by its edge where what is looked at stands askew."""
    face: np.ndarray
    """Left, top, right and bottom of the plate."""
    coarse: float
    """By how much the photograph was enlarged: what is drawn into it has edges as soft."""
    photograph: np.ndarray
    """Left, top, right and bottom of what the photograph shows."""

    @staticmethod
    def of(picture: np.ndarray, face: np.ndarray, coarse: float) -> _Scene:
        height, width = picture.shape[:2]
        beside, above = BESIDE * (face[2] - face[0]), ABOVE * (face[3] - face[1])
        left, top, right, bottom = np.ceil(np.maximum(0, [beside - face[0], above - face[1], face[2] + beside - width, face[3] + above - height])).astype(int)
        picture = np.ascontiguousarray(cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_REPLICATE))
        return _Scene(picture, face + [left, top, left, top], coarse, np.array([left, top, left + width, top + height], float))

    def room(self, boxed: np.ndarray) -> np.ndarray:
        """How much there is of the photograph at left, top, right and bottom of a box, by share of its size."""
        size = np.tile(boxed[2:] - boxed[:2], 2)
        return np.maximum(0, (boxed - self.photograph) * [1, 1, -1, -1]) / size


def _corners(face: np.ndarray) -> np.ndarray:
    """Of left, top, right and bottom, from top left, clockwise."""
    left, top, right, bottom = face
    return np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])
