"""Plates' faces to be mounted in scenes: rendered ones from a bank on disk, real ones cut from training photographs."""
from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np

from .chance import Chance
from .photography import Photograph

_WIDEST = 288


@dataclasses.dataclass
class Face:
    """A plate edge to edge (blue, green, red, uint8); ``tight`` is false where the edge is only a box around a real one."""

    picture: np.ndarray
    tight: bool = True

    @property
    def aspect(self) -> float:
        return self.picture.shape[1] / self.picture.shape[0]

    @property
    def metres(self) -> float:
        """About how wide such a plate is."""
        if self.aspect > 3.7:
            return 0.52
        if self.aspect > 2.5:
            return 0.41
        return 0.31 if self.aspect > 1.65 else 0.22


def render_bank(path: Path, count: int, seed: int) -> None:
    """Renders a bank of plates and keeps it at ``path`` (.npz)."""
    from plates import PlateRenderer

    renderer = PlateRenderer(seed)
    pixels, shapes = [], []
    for _ in range(count):
        picture = np.clip(renderer.plate().image, 0, 255).astype(np.uint8)
        if picture.shape[1] > _WIDEST:
            height = max(8, round(picture.shape[0] * _WIDEST / picture.shape[1]))
            picture = cv2.resize(picture, (_WIDEST, height), interpolation=cv2.INTER_AREA)
        pixels.append(picture.ravel())
        shapes.append(picture.shape[:2])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, pixels=np.concatenate(pixels), shapes=np.array(shapes, np.int32))


def load_bank(path: Path) -> list[Face]:
    bank = np.load(path)
    faces, pixels, start = [], bank["pixels"], 0
    for height, width in bank["shapes"]:
        end = start + int(height) * int(width) * 3
        faces.append(Face(pixels[start:end].reshape(height, width, 3)))
        start = end
    return faces


def cut_faces(photographs: list[Photograph], chance: Chance, least: int = 56) -> list[Face]:
    """The larger plates of photographs, as their boxes cut them; of squashed ones the aspect is guessed."""
    faces = []
    for photograph in photographs:
        tall, wide = photograph.picture.shape[:2]
        for left, top, right, bottom in photograph.plates:
            cut = photograph.picture[max(0, int(top)):int(bottom) + 1, max(0, int(left)):int(right) + 1]
            if right - left < least or min(cut.shape[:2]) < 12:
                continue
            aspect = cut.shape[1] / cut.shape[0]
            if right - left > 0.7 * wide and photograph.squashed:  # a close-up, squashed beyond telling
                aspect = chance.between(1.8, 2.2) if chance.happens(0.6) else chance.between(3.4, 4.6)
            elif photograph.squashed:
                aspect *= chance.between(1.2, 1.5)
            faces.append(_sized(cut, aspect))
    return faces


def _sized(cut: np.ndarray, aspect: float) -> Face:
    width = min(_WIDEST, max(cut.shape[1], round(cut.shape[0] * aspect)))
    size = (width, max(8, round(width / aspect)))
    return Face(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), tight=False)
