"""Plate-like things that are no plates: what a detector must learn to leave alone."""
from __future__ import annotations

from typing import Callable

import cv2
import numpy as np

from .canvas import Words, contrast
from .chance import Chance

Decoy = tuple[np.ndarray, np.ndarray]
"""Picture and mask, both uint8."""


class Decoys:
    """A stock of decoys, drawn once."""

    def __init__(self, chance: Chance, words: Words, count: int = 1600) -> None:
        self._chance, self._words = chance, words
        kinds: tuple[tuple[Callable[[], tuple[np.ndarray, np.ndarray]], float], ...] = (
            (self._facade, 1.2), (self._headlight, 1.4), (self._poster, 1.2), (self._panel, 1.4), (self._badge, 1.2),
            (self._lamps, 1.6), (self._lettering, 2.0), (self._stamp, 0.7), (self._slats, 1.6), (self._hole, 0.8),
            (self._slogan, 1.2), (self._destination, 0.9), (self._road_sign, 1.2), (self._stickers, 0.8), (self._mesh, 1.0))
        draw, weights = zip(*kinds)
        self.stock: list[Decoy] = []
        for _ in range(count):
            picture, mask = chance.weighted(draw, weights)()
            self.stock.append((np.clip(picture, 0, 255).astype(np.uint8), mask))

    def _blank(self, aspect: float, height: int = 56) -> tuple[np.ndarray, np.ndarray, int, int, float, float]:
        width = max(8, int(height * aspect))
        ground = self._chance.between(8, 250)
        picture = np.full((height, width), ground, np.float32)
        return picture, np.full((height, width), 255, np.uint8), height, width, ground, contrast(self._chance, ground)

    def _facade(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(0.8, 3), 80)
        columns, rows, fill_x, fill_y = c.whole(2, 10), c.whole(2, 7), c.between(0.3, 0.8), c.between(0.3, 0.8)
        for i in range(columns):
            for j in range(rows):
                a = (int(width * (i + 0.5 - fill_x / 2) / columns), int(height * (j + 0.5 - fill_y / 2) / rows))
                b = (int(width * (i + 0.5 + fill_x / 2) / columns), int(height * (j + 0.5 + fill_y / 2) / rows))
                cv2.rectangle(picture, a, b, float(np.clip(ink + c.between(-30, 30), 0, 255)), -1)
        return picture, mask

    def _headlight(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, *_ = self._blank(c.between(1.2, 4))
        mask[:] = 0
        outline = np.array([(0, height * c.between(0.1, 0.5)), (width * c.between(0.2, 0.5), 0),
                            (width - 1, height * c.between(0, 0.3)), (width - 1, height * c.between(0.6, 1)),
                            (width * c.between(0.3, 0.7), height - 1), (0, height * c.between(0.6, 1))], np.int32)
        cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA)
        picture[:] = c.between(80, 230)
        picture += c.clouds(height, width, c.whole(3, 7), -60, 60)
        for _ in range(c.whole(1, 3)):
            centre, radius = (c.whole(width // 6, width - 1), c.whole(height // 4, 3 * height // 4)), c.whole(6, 18)
            for r, shade in ((radius + 3, c.between(20, 90)), (radius, c.between(170, 255)), (radius // 2, c.between(60, 255))):
                cv2.circle(picture, centre, r, shade, -1)
        if c.happens(0.6):
            cv2.polylines(picture, [outline], True, c.between(0, 60), c.whole(1, 4))
        return picture, mask

    def _poster(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(0.7, 1.9), 96)
        lines = c.whole(2, 5)
        for i in range(lines):
            self._words.write(picture, c, width * c.between(0.03, 0.2), height * (0.05 + 0.92 * i / lines),
                              height * c.between(0.4, 0.85) / lines, ink, width * c.between(0.45, 0.8))
        if c.happens(0.4):
            cv2.ellipse(picture, (width // 2, height // 2), (width // 3, height // 6), 0, 0, 360, ink, 3)
        return picture, mask

    def _panel(self) -> Decoy:
        """Blank, shaded, perhaps framed: a plate holder without a plate, an empty niche, a flap."""
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(1.1, 6))
        picture += c.clouds(height, width, c.whole(2, 4), c.between(-60, 0), c.between(0, 60))
        picture += np.linspace(c.between(-40, 40), c.between(-40, 40), height, dtype=np.float32)[:, None]
        if c.happens(0.5):
            cv2.rectangle(picture, (1, 1), (width - 2, height - 2), ink, c.whole(1, 4))
        if c.happens(0.3):
            cv2.circle(picture, (width // 2, height // 2), c.whole(4, 16), ink, c.whole(1, 3))
        if c.happens(0.15):
            picture[:, : int(width * 0.1)] = c.between(30, 120)
        return picture, mask

    def _badge(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(1, 3))
        mask[:] = 0
        middle = (width // 2, height // 2)
        cv2.ellipse(mask, middle, (width // 2 - 1, height // 2 - 1), 0, 0, 360, 255, -1, cv2.LINE_AA)
        cv2.ellipse(picture, middle, (width // 2 - 3, height // 2 - 3), 0, 0, 360, ink, c.whole(1, 5))
        if c.happens(0.6):
            self._words.write(picture, c, width * c.between(0.12, 0.25), height * c.between(0.2, 0.3),
                              height * c.between(0.35, 0.6), ink, width * c.between(0.5, 0.75))
        else:
            for _ in range(c.whole(2, 5)):
                cv2.line(picture, (c.whole(0, width), c.whole(0, height)), middle, ink, c.whole(2, 6))
        return picture, mask

    def _lamps(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(1.1, 5))
        cells, left = c.whole(1, 4), 0
        for i in range(cells):
            right = int(width * (i + 1) / cells)
            cv2.rectangle(picture, (left, 0), (right, height), c.between(20, 255), -1)
            left = right
        for _ in range(c.whole(0, 3)):
            cv2.ellipse(picture, (c.whole(0, width), c.whole(0, height)), (c.whole(4, max(5, width // 4)), c.whole(4, 20)),
                        0, 0, 360, c.between(150, 255), -1)
        picture = cv2.GaussianBlur(picture, (0, 0), c.between(0.5, 4))
        mask[:] = 0
        radius = c.whole(2, 24)
        cv2.rectangle(mask, (radius, 0), (width - 1 - radius, height - 1), 255, -1)
        for x in (radius, width - 1 - radius):
            cv2.ellipse(mask, (x, height // 2), (radius, height // 2), 0, 0, 360, 255, -1)
        if c.happens(0.4):
            ribs = c.whole(4, 14)
            for i in range(1, ribs):
                cv2.line(picture, (int(width * i / ribs), 0), (int(width * i / ribs), height), ink, c.whole(1, 2))
        return picture, mask

    def _lettering(self) -> Decoy:
        """A bare word on bodywork: no plate's ground around it."""
        c = self._chance
        ink = c.pick(self._words.masks)
        mask = cv2.max(ink, np.roll(ink, (c.whole(0, 2), c.whole(0, 2)), (0, 1)))
        picture = np.full(ink.shape, c.between(0, 90), np.float32)
        picture += (c.between(120, 255) - picture) * ink / 255
        return (255 - picture if c.happens(0.4) else picture), mask

    def _stamp(self) -> Decoy:
        """A camera's time and date."""
        c = self._chance
        lines = [c.pick(self._words.masks) for _ in range(c.whole(1, 2))]
        mask = np.vstack([cv2.resize(line, (180, 26), interpolation=cv2.INTER_AREA) for line in lines])
        return np.full(mask.shape, c.between(200, 255) if c.happens(0.7) else c.between(0, 60), np.float32), mask

    def _slats(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(1.2, 6))
        picture += np.linspace(c.between(-40, 20), c.between(-40, 40), height, dtype=np.float32)[:, None]
        bars = c.whole(2, 9)
        upright = c.happens(0.4)
        for i in range(bars):
            at = (i + 0.5) / bars
            ends = ((int(width * at), 0), (int(width * at), height)) if upright else ((0, int(height * at)), (width, int(height * at)))
            cv2.line(picture, *ends, ink, c.whole(1, 6))
        if c.happens(0.3):
            cv2.ellipse(picture, (width // 2, height // 2), (height // 4, height // 4), 0, 0, 360, contrast(c, ink), -1)
        return picture, mask

    def _mesh(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(1.2, 5))
        step, slant = c.whole(5, 14), c.between(0.3, 1.5)
        for x in range(-width, 2 * width, step):
            for way in (-1, 1):
                cv2.line(picture, (x, 0), (int(x + way * height * slant), height), ink, c.whole(1, 2))
        return picture, mask

    def _hole(self) -> Decoy:
        """Door handle, exhaust, fog lamp."""
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(1, 4))
        mask[:] = 0
        cv2.ellipse(mask, (width // 2, height // 2), (width // 2 - 1, height // 2 - 1), 0, 0, 360, 255, -1, cv2.LINE_AA)
        cv2.ellipse(picture, (width // 2, height // 2 + c.whole(0, 8)),
                    (int(width * c.between(0.25, 0.42)), int(height * c.between(0.2, 0.42))), 0, 0, 360, ink, -1)
        return picture, mask

    def _slogan(self) -> Decoy:
        """A dealer's frame, a bumper sticker: several long lines or one small one with a picture."""
        c = self._chance
        picture, mask, height, width, _, ink = self._blank(c.between(2.2, 7))
        lines = c.whole(2, 4)
        for i in range(lines):
            self._words.write(picture, c, width * 0.03, height * (0.08 + 0.9 * i / lines), height * 0.75 / lines, ink,
                              width * c.between(0.5, 0.95))
        return picture, mask

    def _destination(self) -> Decoy:
        """A bus's destination or number: bright dots on black."""
        c = self._chance
        picture, mask, height, width, *_ = self._blank(c.between(1.2, 6))
        picture[:] = c.between(0, 40)
        shade = c.between(150, 255)
        split = c.between(0.2, 0.4) if c.happens(0.5) else 0.0
        if split:
            self._words.write(picture, c, width * 0.04, height * 0.15, height * 0.7, shade, width * (split - 0.06))
        self._words.write(picture, c, width * (split + 0.04), height * 0.2, height * 0.6, shade, width * (0.92 - split))
        if c.happens(0.6):
            picture[::3] *= 0.5
            picture[:, ::3] *= 0.5
        return picture, mask

    def _road_sign(self) -> Decoy:
        c = self._chance
        picture, mask, height, width, ground, ink = self._blank(c.pick((1.0, 1.0, c.between(1.2, 3))), 80)
        mask[:] = 0
        shape = c.whole(0, 3)
        if shape == 0:
            cv2.ellipse(mask, (width // 2, height // 2), (width // 2 - 1, height // 2 - 1), 0, 0, 360, 255, -1, cv2.LINE_AA)
            cv2.ellipse(picture, (width // 2, height // 2), (width // 2 - 6, height // 2 - 6), 0, 0, 360, ink, 8)
        elif shape == 1:
            outline = np.array([(width // 2, 0), (width - 1, height - 1), (0, height - 1)], np.int32)
            cv2.fillPoly(mask, [outline], 255, cv2.LINE_AA)
            cv2.polylines(picture, [outline], True, ink, 12)
        else:
            mask[:] = 255
            cv2.rectangle(picture, (3, 3), (width - 4, height - 4), ink, c.whole(1, 4))
        lines = c.whole(1, 2 if shape < 2 else 3)
        for i in range(lines):
            self._words.write(picture, c, width * 0.22, height * (0.3 + 0.5 * i / lines), height * 0.42 / lines, ink, width * 0.56)
        return picture, mask

    def _stickers(self) -> Decoy:
        """A windscreen's or window's stickers."""
        c = self._chance
        picture, mask, height, width, *_ = self._blank(c.between(1, 3), 64)
        picture[:] = c.between(10, 80)
        for _ in range(c.whole(1, 4)):
            x, y, w, h = c.whole(0, width // 2), c.whole(0, height // 2), c.whole(8, max(9, width // 2)), c.whole(8, height // 2)
            shade = c.between(90, 255)
            cv2.rectangle(picture, (x, y), (x + w, y + h), shade, -1)
            self._words.write(picture, c, x + 2, y + h * 0.3, h * 0.4, contrast(c, shade), w * 0.8)
        return picture, mask
