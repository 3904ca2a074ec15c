"""What the network should answer for a scene: one array of planes over the cells of the map.

| planes | meaning |
|---|---|
| 0 | score: 1 in the cell of a plate's centre, falling off around it |
| 1 | weight of a low score there: 0 where nobody knows whether there is a plate |
| 2..5 | left, top, right, bottom of the plate's box in pixels |
| 6 | weight of the box |
| 7..14 | x, y of the four corners in pixels, from top left, clockwise |
| 15 | weight of the corners: 0 where only the box is known |
"""
from __future__ import annotations

import dataclasses

import numpy as np

from .geometry import Box

STRIDE = 8
PLANES = 16
SCORE, NEGATIVE, BOX, BOX_WEIGHT, CORNERS, CORNER_WEIGHT = 0, 1, slice(2, 6), 6, slice(7, 15), 15
_NEAR = 0.35  # cells with at least this score answer for the box too
_LOOSE = 0.4  # weight of a box that a person drew around a plate, against one whose corners are known


@dataclasses.dataclass
class Plate:
    """A labelled plate; ``quad`` is [4, 2] from top left, clockwise, or None where only the box is known."""

    box: Box
    quad: np.ndarray | None = None


def encode(plates: list[Plate], unknown: list[Box], height: int, width: int) -> np.ndarray:
    """The planes [16, height/8, width/8], float32. Where plates overlap, the smaller one counts."""
    rows, columns = height // STRIDE, width // STRIDE
    planes = np.zeros((PLANES, rows, columns), np.float32)
    planes[NEGATIVE] = 1
    x = (np.arange(columns, dtype=np.float32) + 0.5) * STRIDE
    y = ((np.arange(rows, dtype=np.float32) + 0.5) * STRIDE)[:, None]
    for left, top, right, bottom in unknown:
        planes[NEGATIVE][(x > left - 4) & (x < right + 4) & (y > top - 4) & (y < bottom + 4)] = 0
    for plate in sorted(plates, key=lambda p: p.box[0] - p.box[2]):
        left, top, right, bottom = plate.box
        centre_x, centre_y = (left + right) / 2, (top + bottom) / 2
        spread_x, spread_y = max(5.0, (right - left) / 7), max(5.0, (bottom - top) / 5)
        score = np.exp(-((x - centre_x) / spread_x) ** 2 / 2 - ((y - centre_y) / spread_y) ** 2 / 2)
        column = min(columns - 1, max(0, int(centre_x / STRIDE)))
        row = min(rows - 1, max(0, int(centre_y / STRIDE)))
        score[row, column] = 1
        near = (score > _NEAR) & (score >= planes[SCORE])
        planes[SCORE] = np.maximum(planes[SCORE], score)
        planes[NEGATIVE][(x > left) & (x < right) & (y > top) & (y < bottom)] = 1
        planes[BOX, near] = np.array(plate.box, np.float32)[:, None]
        planes[BOX_WEIGHT][near] = score[near] * (_LOOSE if plate.quad is None else 1)
        planes[CORNER_WEIGHT][near] = 0
        if plate.quad is not None:
            planes[CORNERS, near] = np.asarray(plate.quad, np.float32).reshape(8, 1)
            planes[CORNER_WEIGHT][near] = score[near]
    return planes
