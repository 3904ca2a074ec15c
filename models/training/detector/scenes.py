"""Scenes to learn from: real photographs with real and mounted plates, drawn vehicles, and places without any plate.

A scene is grey, float32 while it is composed; a camera finishes it. Every mounted plate's corners are known exactly; of
the real ones only the boxes are.
"""
from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np

from .camera import shoot
from .canvas import Words, erase, paste
from .chance import Chance
from .decoys import Decoys
from .faces import Face, cut_faces, load_bank
from .geometry import Box, bounds, corners, project, shift, stretch, touch, view, visible_share
from .photography import Photograph, frames, photographs, streets
from .targets import Plate
from .vehicles import Vehicles

_LEAST_WIDTH = 9.0  # pixels; narrower plates are nobody's fault
_LEAST_VISIBLE = 0.75
_SOURCE_WEIGHTS = {"romania": 0.2, "oid_plates_ccby": 0.36, "oid2_plates_ccby": 0.14, "in_college_apache": 0.08,
                   "in_punjab_ccby": 0.09, "vn_mit": 0.09, "cn_ccpd_mit": 0.04}


@dataclasses.dataclass
class Scene:
    """``picture`` is grey: float32 while composed, uint8 when shot. ``unknown``: places where nobody knows."""

    picture: np.ndarray
    plates: list[Plate] = dataclasses.field(default_factory=list)
    unknown: list[Box] = dataclasses.field(default_factory=list)

    def taken(self) -> list[Box]:
        return [plate.box for plate in self.plates] + self.unknown


class Material:
    """Everything scenes are made of, loaded once."""

    def __init__(self, data: Path, bank: Path, ignore: Path | None, fonts: list[Path], seed: int = 1) -> None:
        chance = Chance(seed)
        self.photographs = photographs(data, validation=False, ignore=ignore)
        self.by_source = {source: [p for p in self.photographs if p.source == source] for source in _SOURCE_WEIGHTS}
        self.pyramids = {p.name: _pyramid(p.picture) for p in self.photographs}
        self.streets = streets(data)
        self.traffic = frames(data / "footage" / "no-readable-plates.mp4")
        self.rendered = load_bank(bank)
        self.square = [face for face in self.rendered if face.aspect < 1.65]
        self.real_faces = cut_faces(self.photographs + photographs(data, validation=False, close_ups=True), chance)
        self.words = Words(chance, fonts)
        self.decoys = Decoys(chance, self.words)


def _pyramid(picture: np.ndarray) -> list[np.ndarray]:
    levels = [picture]
    while min(levels[-1].shape[:2]) > 200 and len(levels) < 4:
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return levels


class Scenes:
    """An endless supply of scenes from one seed."""

    def __init__(self, material: Material, seed: int) -> None:
        self._stock = material
        self._chance = Chance(seed)
        self._vehicles = Vehicles(self._chance, material.words, material.decoys, self._texture)

    def sample(self, height: int, width: int, rendered_only: bool = False) -> Scene:
        """A finished scene, sides in pixels (multiples of 32)."""
        c = self._chance
        if not rendered_only and c.happens(0.35):
            scene = self._mosaic(height, width)
        elif rendered_only:
            scene = self._drawn(height, width)
        else:
            scene = self._part(height, width)
        scene.picture = shoot(scene.picture, c)
        return scene

    def _part(self, height: int, width: int) -> Scene:
        kind = self._chance.between(0, 1)
        if kind < 0.6:
            return self._photograph(height, width)
        return self._drawn(height, width) if kind < 0.89 else self._without(height, width)

    def _mosaic(self, height: int, width: int) -> Scene:
        """Four scenes in one: many small plates, many backgrounds for the price of one."""
        c = self._chance
        x, y = (c.whole(side * 3 // 64, side * 5 // 64) * 8 for side in (width, height))
        whole = Scene(np.empty((height, width), np.float32))
        for left, top, right, bottom in ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)):
            part = self._part(bottom - top, right - left)
            whole.picture[top:bottom, left:right] = part.picture
            move = np.array([left, top], np.float32)
            for plate in part.plates:
                box = bounds(corners(plate.box) + move)
                whole.plates.append(Plate(box, None if plate.quad is None else plate.quad + move))
            for box in part.unknown:
                box = bounds(corners(box) + move)
                box = (max(left, box[0]), max(top, box[1]), min(right, box[2]), min(bottom, box[3]))
                if box[2] > box[0] and box[3] > box[1]:
                    whole.unknown.append(box)
        return whole

    # Real photographs

    def _photograph(self, height: int, width: int) -> Scene:
        c = self._chance
        source = c.weighted(list(_SOURCE_WEIGHTS), list(_SOURCE_WEIGHTS.values()))
        photograph = c.pick(self._stock.by_source[source])
        looked_at = c.pick(photograph.plates) if photograph.plates else None
        homography, roll = self._framing(photograph, looked_at, height, width)
        scene = Scene(self._see(self._stock.pyramids[photograph.name], homography, height, width))
        if c.happens(0.3 if source == "romania" else 0.1):  # by night, towards day
            scene.picture = 255 * np.clip(scene.picture / 255, 0, 1) ** np.float32(c.between(0.4, 0.9))
        for box in photograph.unknown:
            scene.unknown.append(bounds(project(homography, corners(box))))
        for box in photograph.plates:
            self._real_plate(scene, box, homography, roll)
        if c.happens(0.45):
            self._strew(scene, c.whole(1, 3))
        return scene

    def _framing(self, photograph: Photograph, plate: Box | None, height: int, width: int) -> tuple[np.ndarray, float]:
        """Where the photograph lands in the scene, and by how much it is rolled, in degrees."""
        c = self._chance
        tall, wide = photograph.picture.shape[:2]
        if photograph.squashed:
            aspect = c.between(1.2, 1.55) if c.happens(0.8) else c.between(0.7, 1.1)
        else:
            aspect = c.between(0.86, 1.16)
        flip = -1 if c.happens(0.4) else 1
        yaw, pitch = (c.normal(0, 12), c.normal(0, 7)) if c.happens(0.35) else (0.0, 0.0)
        roll = c.between(-25, 25) if c.happens(0.12) else c.normal(0, 3)
        turn = view(yaw, pitch, roll, c.between(1.5, 4) * wide) @ stretch(aspect, 1)
        whole = (height * width / (tall * wide * aspect)) ** 0.5
        kind = c.between(0, 1)
        if plate is not None and kind < 0.58:
            size = c.scale(13, min(350, 0.85 * width)) / ((plate[2] - plate[0]) * aspect)
            size = min(size, 2.2 if photograph.squashed else 1.5, 12 * whole)
            source = ((plate[0] + plate[2]) / 2, (plate[1] + plate[3]) / 2)
            aim = (c.between(0.12, 0.88) * width, c.between(0.12, 0.88) * height)
        elif kind < 0.92:  # as the product sees it: the whole of it
            size = whole * c.between(0.9, 1.6)
            source = (wide / 2, tall / 2)
            aim = (c.normal(0.5, 0.08) * width, c.normal(0.5, 0.08) * height)
        else:
            size = whole * c.scale(0.5, 3)
            source = (c.between(0.1, 0.9) * wide, c.between(0.2, 0.9) * tall)
            aim = (width / 2, height / 2)
        return shift(*aim) @ stretch(size * flip, size) @ turn @ shift(-source[0], -source[1]), roll * flip

    def _see(self, pyramid: list[np.ndarray], homography: np.ndarray, height: int, width: int) -> np.ndarray:
        """The picture through the homography, from the pyramid's level that fits, in some kind of grey."""
        c = self._chance
        size = abs(np.linalg.det(homography[:2, :2])) ** 0.5
        level = 0
        while level + 1 < len(pyramid) and size * 2 ** (level + 1) < 0.8:
            level += 1
        picture = pyramid[level]
        scale = pyramid[0].shape[1] / picture.shape[1], pyramid[0].shape[0] / picture.shape[0]
        edge = 114 if c.happens(0.6) else c.whole(0, 255)
        seen = cv2.warpPerspective(picture, homography @ stretch(*scale), (width, height), flags=cv2.INTER_LINEAR,
                                   borderMode=cv2.BORDER_CONSTANT, borderValue=(edge, edge, edge))
        return self._grey(seen)

    def _grey(self, picture: np.ndarray) -> np.ndarray:
        return cv2.transform(picture.astype(np.float32), self._chance.channel_weights()[None])

    def _real_plate(self, scene: Scene, box: Box, homography: np.ndarray, roll: float) -> None:
        """A labelled plate stays, or makes room for another one or for nothing."""
        c = self._chance
        height, width = scene.picture.shape
        outer = bounds(project(homography, corners(box)))
        seen = outer
        if abs(roll) < 8:  # a tilted plate's box is not all plate: the corners of the box would be too far out
            left, top, right, bottom = box
            x, y = (left + right) / 2, (top + bottom) / 2
            middles = np.array([(left, y), (right, y), (x, top), (x, bottom)], np.float32)
            inner = bounds(project(homography, middles))
            seen = tuple((a + b) / 2 for a, b in zip(outer, inner))
        visible = visible_share(seen, width, height)
        if visible <= 0:
            return
        if visible < _LEAST_VISIBLE or seen[2] - seen[0] < _LEAST_WIDTH:
            scene.unknown.append(outer)
            return
        fate = c.between(0, 1)
        if fate < 0.4 and visible == 1 and seen[2] - seen[0] > 12:
            erase(scene.picture, outer)
            if fate > 0.03:
                self._mount_instead(scene, seen, outer, roll)
            return
        scene.plates.append(Plate(seen))

    def _mount_instead(self, scene: Scene, seen: Box, outer: Box, roll: float) -> None:
        c = self._chance
        face = self._face()
        metre = (seen[2] - seen[0]) / (0.52 if (seen[2] - seen[0]) > 2.9 * (seen[3] - seen[1]) else 0.33)
        wide = metre * face.metres * c.between(0.85, 1.25)
        centre = ((seen[0] + seen[2]) / 2, (seen[1] + seen[3]) / 2 + c.between(-0.2, 0.2) * (seen[3] - seen[1]))
        turn = view(c.normal(0, 14), c.normal(0, 8), roll + c.normal(0, 5), c.between(3, 8))
        place = shift(*centre) @ stretch(wide, wide) @ turn
        cut = scene.picture[int(max(0, seen[1])):int(seen[3]) + 1, int(max(0, seen[0])):int(seen[2]) + 1]
        white = float(np.percentile(cut, 85)) * c.between(0.9, 1.5) + c.between(0, 60) if cut.size else 200.0
        if not self._mount(scene, face, place, white):
            scene.unknown.append(outer)

    # Drawn scenes

    def _drawn(self, height: int, width: int) -> Scene:
        c = self._chance
        scene = self._backdrop(height, width)
        for _ in range(c.weighted((1, 2, 3), (0.7, 0.22, 0.08))):
            self._vehicle(scene, bare=c.happens(0.1))
        if c.happens(0.12):
            self._free_plate(scene)
        if c.happens(0.55):
            self._strew(scene, c.whole(1, 4))
        return scene

    def _pose(self, reach: float = 1.0) -> np.ndarray:
        c = self._chance
        yaw = c.between(-45, 45) if c.happens(0.2) else c.normal(0, 17)
        roll = c.between(-25, 25) if c.happens(0.12) else c.normal(0, 5)
        return view(yaw, c.normal(5, 9), roll, c.between(1.6, 6) * reach)

    def _vehicle(self, scene: Scene, bare: bool) -> None:
        c = self._chance
        height, width = scene.picture.shape
        face = self._face()
        wide = c.scale(12, min(350, 0.8 * width)) * (face.aspect / 4.5) ** 0.3
        metre = wide / face.metres
        vehicle = self._vehicles.any(metre, face.aspect < 1.65)
        enlarge = metre / vehicle.metre
        aim = c.between(0.08, 0.92) * width, c.between(0.1, 0.93) * height
        turn = self._pose(vehicle.picture.shape[1])
        to_scene = shift(*aim) @ stretch(enlarge, enlarge) @ turn @ shift(-vehicle.plate[0], -vehicle.plate[1])
        outline = project(to_scene, corners((0, 0, vehicle.picture.shape[1], vehicle.picture.shape[0])))
        if any(touch(bounds(outline), box) for box in scene.taken()):
            return
        paste(scene.picture, np.clip(vehicle.picture, 0, 255), vehicle.mask, to_scene)
        layer_metre = vehicle.metre * face.metres
        place = to_scene @ shift(*vehicle.plate) @ stretch(layer_metre, layer_metre) @ view(0, 0, c.normal(0, 1.2), 10)
        room = bounds(project(place, corners((-0.5, -0.5 / face.aspect, 0.5, 0.5 / face.aspect))))
        if c.happens(0.5):
            near = (aim[0] - wide * 1.6, aim[1] - wide * 1.6, aim[0] + wide * 1.6, aim[1] + wide * 0.7)
            self._strew(scene, c.whole(1, 3), near, (max(8, wide * 0.2), wide * 0.9), [room])
        if not bare:
            self._mount(scene, face, place, c.between(80, 260))

    def _free_plate(self, scene: Scene) -> None:
        """A plate on a wall, a trailer, a parcel shelf: anywhere."""
        c = self._chance
        height, width = scene.picture.shape
        face = self._face()
        wide = c.scale(14, min(330, 0.7 * width)) * (face.aspect / 4.5) ** 0.3
        place = shift(c.between(0.1, 0.9) * width, c.between(0.1, 0.9) * height) @ stretch(wide, wide) @ self._pose()
        room = bounds(project(place, corners((-0.6, -0.6 / face.aspect, 0.6, 0.6 / face.aspect))))
        if not any(touch(room, box, 4) for box in scene.taken()):
            self._mount(scene, face, place, c.between(90, 260))

    def _face(self) -> Face:
        c = self._chance
        kind = c.between(0, 1)
        if kind < 0.2:
            return c.pick(self._stock.real_faces)
        return c.pick(self._stock.square if kind < 0.32 and self._stock.square else self._stock.rendered)

    def _mount(self, scene: Scene, face: Face, place: np.ndarray, white: float) -> bool:
        """Mounts a plate whose width is one in the units of ``place``; false where too little of it would be seen."""
        c = self._chance
        height, width = scene.picture.shape
        tall, wide = face.picture.shape[:2]
        to_scene = place @ stretch(1 / wide, 1 / wide) @ shift(-wide / 2, -tall / 2)
        quad = project(to_scene, corners((0, 0, wide, tall)))
        box = bounds(quad)
        visible = visible_share(box, width, height)
        if visible <= 0:
            return True
        if c.happens(0.3):
            self._holder(scene.picture, to_scene, wide, tall)
        mask = np.full((tall, wide), 255, np.uint8)
        paste(scene.picture, self._lit(face, min(white, 255)), mask, to_scene)
        if visible < _LEAST_VISIBLE or box[2] - box[0] < _LEAST_WIDTH or box[3] - box[1] < 3:
            scene.unknown.append(box)
            return visible >= _LEAST_VISIBLE
        scene.plates.append(Plate(box, quad if face.tight else None))
        return True

    def _holder(self, picture: np.ndarray, to_scene: np.ndarray, wide: int, tall: int) -> None:
        """A frame or carrier around the plate."""
        c = self._chance
        x, y = round(tall * c.between(0.02, 0.12)), round(tall * c.between(0.03, 0.22))
        size = (tall + 2 * y, wide + 2 * x)
        layer = np.full(size, c.between(5, 70) if c.happens(0.75) else c.between(120, 255), np.float32)
        if c.happens(0.4) and y > 5:
            self._stock.words.write(layer, c, wide * c.between(0.1, 0.4), tall + y * 1.15, y * 0.7, c.between(0, 255))
        paste(picture, layer, np.full(size, 255, np.uint8), to_scene @ shift(-x, -y))

    def _lit(self, face: Face, white: float) -> np.ndarray:
        """The face in grey, at the scene's brightness, with shade and dirt."""
        c = self._chance
        grey = self._grey(face.picture)
        black = c.between(0, 0.3) * white
        grey = black + grey * ((white - black) / 255)
        tall, wide = grey.shape
        if c.happens(0.35):
            grey *= np.linspace(c.between(0.5, 1.1), c.between(0.6, 1.1), wide, dtype=np.float32)[None]
        if c.happens(0.2):  # the shadow of a bumper or a lid
            grey[: int(tall * c.between(0.15, 0.6))] *= c.between(0.4, 0.9)
        if c.happens(0.15):
            grey *= np.clip(c.clouds(tall, wide, c.whole(2, 6), 0.5, 1.3), 0, 1)
        return grey

    # Backgrounds

    def _texture(self, height: int, width: int) -> np.ndarray:
        """A blurred piece of a photograph, to be reflected."""
        c = self._chance
        picture = c.pick(self._stock.pyramids[c.pick(self._stock.photographs).name])
        tall, wide = picture.shape[:2]
        h, w = max(8, int(tall * c.between(0.2, 0.9))), max(8, int(wide * c.between(0.2, 0.9)))
        y, x = c.whole(0, tall - h), c.whole(0, wide - w)
        small = cv2.resize(picture[y:y + h, x:x + w], (40, 30), interpolation=cv2.INTER_AREA)
        return cv2.resize(self._grey(small), (width, height), interpolation=cv2.INTER_LINEAR)

    def _backdrop(self, height: int, width: int) -> Scene:
        c = self._chance
        kind = c.between(0, 1)
        if kind < 0.42:
            scene = self._emptied(height, width)
        elif kind < 0.62:
            scene = Scene(self._street(height, width))
        else:
            scene = Scene(self._invented(height, width))
        return scene

    def _emptied(self, height: int, width: int) -> Scene:
        """A photograph whose plates are gone."""
        c = self._chance
        source = c.weighted(list(_SOURCE_WEIGHTS), list(_SOURCE_WEIGHTS.values()))
        photograph = c.pick(self._stock.by_source[source])
        homography, _ = self._framing(photograph, None, height, width)
        scene = Scene(self._see(self._stock.pyramids[photograph.name], homography, height, width))
        for box in photograph.plates:
            erase(scene.picture, bounds(project(homography, corners(box))))
        scene.unknown = [bounds(project(homography, corners(box))) for box in photograph.unknown]
        scene.unknown = [box for box in scene.unknown if visible_share(box, width, height) > 0]
        return scene

    def _street(self, height: int, width: int) -> np.ndarray:
        """Streets whose plates nobody labelled: above the road as it is, elsewhere so coarse that no plate is left."""
        c = self._chance
        if c.happens(0.4):
            picture, low, coarse = c.pick(self._stock.traffic), 1.0, False
        else:
            coarse = c.happens(0.4)
            picture, low = c.pick(self._stock.streets), 1.0 if coarse else 0.42
        tall, wide = int(picture.shape[0] * low), picture.shape[1]
        w = min(wide, int(c.between(0.35, 1) * wide))
        h = min(tall, int(w * height / width))
        w = min(wide, int(h * width / height))
        y, x = c.whole(0, tall - h), c.whole(0, wide - w)
        cut = picture[y:y + h, x:x + w]
        if coarse:
            cut = cv2.resize(cut, (max(8, w // 6), max(8, h // 6)), interpolation=cv2.INTER_AREA)
        return self._grey(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA if w > width else cv2.INTER_LINEAR))

    def _invented(self, height: int, width: int) -> np.ndarray:
        c = self._chance
        picture = c.clouds(height, width, c.whole(2, 5), c.between(0, 120), c.between(100, 255))
        picture += c.clouds(height, width, c.whole(8, 40), -30, 30)
        horizon = int(height * c.between(0.2, 0.75))
        picture[horizon:] = picture[horizon:] * c.between(0.1, 0.5) + c.between(20, 160)
        if c.happens(0.5):
            picture += c.grain(height, width, c.between(2, 22))
        for _ in range(c.whole(0, 5)):  # houses, boards, parked boxes
            x, y = c.whole(-20, width), c.whole(-20, height)
            corner = (x + c.whole(5, width // 2), y + c.whole(5, height // 2))
            cv2.rectangle(picture, (x, y), corner, c.between(0, 255), -1 if c.happens(0.7) else c.whole(1, 4))
        for _ in range(c.whole(0, 5)):  # poles, kerbs, markings
            ends = [(c.whole(0, width), c.whole(0, height)) for _ in range(2)]
            cv2.line(picture, *ends, c.between(0, 255), c.whole(1, 6))
        for _ in range(c.whole(0, 3)):
            self._stock.words.write(picture, c, c.between(0, 0.8) * width, c.between(0, 0.9) * height,
                                    c.scale(5, 40), c.between(0, 255))
        return picture

    def _without(self, height: int, width: int) -> Scene:
        """Nothing here is a plate."""
        c = self._chance
        if c.happens(0.5):
            scene = self._emptied(height, width)
        else:
            scene = self._backdrop(height, width)
        if c.happens(0.3):
            self._vehicle(scene, bare=True)
        if c.happens(0.8):
            self._strew(scene, c.whole(2, 7), sizes=(12, min(260, 0.8 * width)))
        if c.happens(0.3):
            for _ in range(c.whole(1, 4)):
                self._stock.words.write(scene.picture, c, c.between(0, 0.8) * width, c.between(0, 0.9) * height,
                                        c.scale(5, 50), c.between(0, 255))
        return scene

    def _strew(self, scene: Scene, count: int, area: Box | None = None, sizes: tuple[float, float] | None = None,
               keep_clear: list[Box] | None = None) -> None:
        """Lays decoys where no plate is."""
        c = self._chance
        height, width = scene.picture.shape
        left, top, right, bottom = area or (0, 0, width, height)
        low, high = sizes or (12, min(200, 0.6 * width))
        for _ in range(count):
            layer, mask = c.pick(self._stock.decoys.stock)
            wide = c.scale(low, max(low + 1, high))
            wide = min(wide, 110 * layer.shape[1] / layer.shape[0])
            place = shift(c.between(left, right), c.between(top, bottom)) @ stretch(wide, wide) @ self._pose()
            place = place @ stretch(1 / layer.shape[1], 1 / layer.shape[1]) @ shift(-layer.shape[1] / 2, -layer.shape[0] / 2)
            box = bounds(project(place, corners((0, 0, layer.shape[1], layer.shape[0]))))
            if any(touch(box, other, 3) for other in scene.taken() + (keep_clear or [])):
                continue
            grey = layer.astype(np.float32)
            if c.happens(0.5):
                low_level, high_level = sorted((c.between(0, 255), c.between(0, 255)))
                grey = low_level + grey * ((high_level - low_level) / 255)
            paste(scene.picture, grey, mask, place)
