"""Vehicles drawn flat from behind or in front, with a place for a plate; the scene turns them in space afterwards."""
from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from .canvas import Words, contrast
from .chance import Chance
from .decoys import Decoys

_SHIFT = 4  # OpenCV draws with sixteenths of a pixel


@dataclasses.dataclass
class Vehicle:
    """A layer in its own pixels; ``plate`` is the centre of the plate's place, ``metre`` how many pixels a metre has."""

    picture: np.ndarray
    mask: np.ndarray
    plate: tuple[float, float]
    metre: float


class _Drawing:
    """Shapes in shares of the vehicle's width and height."""

    def __init__(self, width: int, height: int, margin: int) -> None:
        self.width, self.height, self.margin = width, height, margin
        size = (height + 2 * margin, width + 2 * margin)
        self.picture = np.zeros(size, np.uint8)
        self.mask = np.zeros(size, np.uint8)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.margin + x * self.width, self.margin + y * self.height

    def _fixed(self, points: list[tuple[float, float]]) -> np.ndarray:
        return np.round(np.array([self.at(*p) for p in points]) * 2 ** _SHIFT).astype(np.int32)

    def fill(self, points: list[tuple[float, float]], shade: float, solid: bool = False) -> None:
        cv2.fillPoly(self.picture, [self._fixed(points)], float(np.clip(shade, 0, 255)), cv2.LINE_AA, _SHIFT)
        if solid:
            cv2.fillPoly(self.mask, [self._fixed(points)], 255, cv2.LINE_AA, _SHIFT)

    def rectangle(self, left: float, top: float, right: float, bottom: float, shade: float, solid: bool = False) -> None:
        self.fill([(left, top), (right, top), (right, bottom), (left, bottom)], shade, solid)

    def line(self, a: tuple[float, float], b: tuple[float, float], shade: float, thickness: float) -> None:
        points = self._fixed([a, b])
        cv2.line(self.picture, tuple(map(int, points[0])), tuple(map(int, points[1])), float(np.clip(shade, 0, 255)),
                 max(1, round(thickness * self.width)), cv2.LINE_AA, _SHIFT)

    def ellipse(self, x: float, y: float, half_width: float, half_height: float, shade: float, thickness: int = -1,
                solid: bool = False) -> None:
        centre = tuple(int(round(v)) for v in self.at(x, y))
        axes = (max(1, round(half_width * self.width)), max(1, round(half_height * self.height)))
        cv2.ellipse(self.picture, centre, axes, 0, 0, 360, float(np.clip(shade, 0, 255)), thickness, cv2.LINE_AA)
        if solid:
            cv2.ellipse(self.mask, centre, axes, 0, 0, 360, 255, -1)


class Vehicles:
    """Draws vehicles; ``texture`` is called with height and width and gives something to reflect in paint and glass."""

    def __init__(self, chance: Chance, words: Words, decoys: Decoys, texture) -> None:
        self._chance, self._words, self._decoys, self._texture = chance, words, decoys, texture

    def any(self, metre: float, square: bool) -> Vehicle:
        """A vehicle whose plates are ``square`` (motorcycles more often) or long, with so many pixels a metre."""
        c = self._chance
        kinds = (self.car, self.truck, self.motorcycle, self.bodywork)
        return c.weighted(kinds, (0.4, 0.15, 0.3, 0.15) if square else (0.56, 0.16, 0.02, 0.26))(min(metre, 330.0))

    def _finish(self, drawing: _Drawing, body: float) -> np.ndarray:
        """Light, reflections and dirt over the flat shapes."""
        c = self._chance
        height, width = drawing.picture.shape
        picture = drawing.picture.astype(np.float32)
        picture += c.clouds(height, width, c.whole(2, 6), -30, 30) * c.between(0.2, 1.3)
        picture += np.linspace(c.between(-20, 45), c.between(-50, 15), height, dtype=np.float32)[:, None]
        if c.happens(0.6):
            mirrored = self._texture(height, width)
            picture += (mirrored - mirrored.mean()) * c.between(0.05, 0.35) * (1.2 - body / 255)
        if c.happens(0.4):
            picture += c.grain(height, width, c.between(1, 7))
        return picture

    def _lettering(self, picture: np.ndarray, drawing: _Drawing, count: int, area: tuple[float, float, float, float],
                   smallest: float, largest: float) -> None:
        c = self._chance
        for _ in range(count):
            x, y = drawing.at(c.between(area[0], area[2]), c.between(area[1], area[3]))
            under = float(picture[min(picture.shape[0] - 1, int(y)), min(picture.shape[1] - 1, int(x))])
            self._words.write(picture, c, x, y, c.scale(smallest, largest) * drawing.width, contrast(c, under, 40))

    def car(self, metre: float) -> Vehicle:
        c = self._chance
        width = max(24, int(metre * c.between(1.62, 1.95)))
        height = max(16, int(width * c.between(0.62, 0.98)))
        d = _Drawing(width, height, max(3, width // 14))
        body, glass = c.between(8, 245), c.between(10, 90)
        inset, belt = c.between(0.08, 0.2), c.between(0.3, 0.48)
        d.ellipse(0.5, 1.0, 0.54, 0.05, c.between(0, 45), solid=True)
        for x in (0.1, 0.9):
            d.ellipse(x, 0.93, 0.075, 0.11, c.between(5, 40), solid=True)
        d.fill([(inset, 0), (1 - inset, 0), (0.965, belt), (1, belt + 0.1), (1, 0.88), (0.96, 0.965), (0.04, 0.965),
                (0, 0.88), (0, belt + 0.1), (0.035, belt)], body, solid=True)
        rim = c.between(0.025, 0.06)
        d.fill([(inset + rim, 0.05), (1 - inset - rim, 0.05), (0.92, belt - 0.02), (0.08, belt - 0.02)], glass)
        if c.happens(0.35):  # somebody inside, head rests
            for x in (c.between(0.25, 0.4), c.between(0.6, 0.75)):
                d.ellipse(x, belt * 0.62, 0.05, 0.09, glass * c.between(0.3, 1.8))
        front = c.happens(0.5)
        for _ in range(c.whole(1, 4)):  # seams
            y = c.between(belt, 0.95)
            d.line((0, y), (1, y + c.between(-0.02, 0.02)), body + c.between(-90, 70), c.between(0.003, 0.012))
        bumper = c.between(0.64, 0.84)
        if c.happens(0.65):
            shade = c.between(10, 80) if c.happens(0.5) else body * c.between(0.6, 1.25)
            d.rectangle(0, bumper, 1, min(0.96, bumper + c.between(0.08, 0.22)), shade)
        self._lamps(d, belt, front)
        place = c.between(0.5, 0.66) if not front and c.happens(0.55) else c.between(0.66, 0.86)
        if front:
            self._grille(d, belt, body)
        elif c.happens(0.75):  # niche in the boot lid
            depth, half, slope = c.between(0.07, 0.14), c.between(0.17, 0.34), c.between(-0.05, 0.05)
            shade = body * c.between(0.4, 1.3) + c.between(-20, 20)
            d.fill([(0.5 - half + slope, place - depth), (0.5 + half - slope, place - depth), (0.5 + half, place + depth),
                    (0.5 - half, place + depth)], shade)
            if c.happens(0.45):  # chrome strip, plate lamps' ledge
                d.line((0.5 - half, place - depth), (0.5 + half, place - depth), c.between(120, 255), c.between(0.006, 0.03))
        if c.happens(0.55):
            badge = c.between(belt + 0.02, max(belt + 0.03, place - 0.1))
            d.ellipse(0.5, badge, *(c.between(0.015, 0.045) for _ in range(2)), c.between(90, 255),
                      -1 if c.happens(0.6) else max(1, width // 120))
        picture = self._finish(d, body)
        self._lettering(picture, d, c.whole(0, 3), (0.05, belt, 0.8, 0.75), 0.018, 0.05)
        if c.happens(0.25):
            self._lettering(picture, d, c.whole(1, 2), (0.2, 0.05, 0.7, belt * 0.8), 0.02, 0.08)
        x = 0.5 if c.happens(0.85) else c.between(0.28, 0.72)
        return Vehicle(picture, d.mask, d.at(x, place), width / 1.78)

    def _lamps(self, d: _Drawing, belt: float, front: bool) -> None:
        c = self._chance
        top, wide, high = c.between(belt + 0.03, 0.64), c.between(0.09, 0.24), c.between(0.05, 0.2)
        shade = c.between(110, 255) if front or c.happens(0.4) else c.between(40, 160)
        round_ones, slant = c.happens(0.25), c.between(-0.05, 0.05)
        for mirrored in (False, True):
            def side(x: float) -> float:
                return 1 - x if mirrored else x
            if round_ones:
                d.ellipse(side(0.02 + wide / 2), top + high / 2, wide / 2, high / 2, shade)
                d.ellipse(side(0.02 + wide / 2), top + high / 2, wide / 4, high / 4, c.between(40, 255))
                continue
            d.fill([(side(0.01), top), (side(wide), top + slant), (side(wide), top + high), (side(0.01), top + high)], shade)
            d.fill([(side(0.03), top + high * 0.3), (side(wide - 0.02), top + high * 0.3), (side(wide - 0.02), top + high * 0.65),
                    (side(0.03), top + high * 0.65)], c.between(40, 255))
            if c.happens(0.3):
                d.ellipse(side(wide * 0.6), top + high / 2, high * 0.3, high * 0.3, 255)
        if front and c.happens(0.5):
            y = c.between(0.78, 0.9)
            for x in (0.12, 0.88):
                d.ellipse(x, y, 0.035, 0.035, c.between(60, 255))

    def _grille(self, d: _Drawing, belt: float, body: float) -> None:
        c = self._chance
        for top, high in ((c.between(belt + 0.02, 0.62), c.between(0.06, 0.2)), (c.between(0.7, 0.8), c.between(0.06, 0.14))):
            if c.happens(0.25):
                continue
            left, taper = c.between(0.16, 0.36), c.between(-0.06, 0.06)
            dark, bars = c.between(5, 80), c.whole(1, 8)
            bright = c.between(70, 240) if c.happens(0.6) else dark + 30
            d.fill([(left, top), (1 - left, top), (1 - left - taper, top + high), (left + taper, top + high)], dark)
            for i in range(bars):
                if c.happens(0.75):
                    y = top + high * (i + 0.5) / bars
                    d.line((left + taper / 2, y), (1 - left - taper / 2, y), bright, high / bars * c.between(0.1, 0.4))
                else:
                    x = left + (1 - 2 * left) * (i + 0.5) / bars
                    d.line((x, top), (x, top + high), bright, 0.005)

    def truck(self, metre: float) -> Vehicle:
        """Lorry, bus or van: flat, big, lettered."""
        c = self._chance
        width = max(30, int(metre * c.between(1.9, 2.5)))
        height = max(30, int(width * c.between(0.9, 1.35)))
        d = _Drawing(width, height, max(3, width // 20))
        body = c.between(8, 245)
        d.ellipse(0.5, 1.0, 0.54, 0.03, c.between(0, 45), solid=True)
        for x in (0.12, 0.88):
            d.rectangle(x - 0.08, 0.86, x + 0.08, 0.99, c.between(5, 40), solid=True)
        d.rectangle(0, 0, 1, 0.93, body, solid=True)
        if c.happens(0.5):
            d.line((0.5, 0.02), (0.5, 0.8), body + c.between(-90, 60), 0.008)
            for x in (0.4, 0.6):
                d.line((x, 0.05), (x, 0.75), body + c.between(-80, 80), 0.006)
        if c.happens(0.5):
            d.rectangle(0.08, 0.08, 0.92, c.between(0.3, 0.45), c.between(10, 90))
        low = c.between(0.74, 0.84)
        d.rectangle(0, low, 1, 0.93, c.between(10, 110) if c.happens(0.7) else c.between(140, 250))
        if c.happens(0.3):  # striped bumper
            for i in range(10):
                if i % 2:
                    d.fill([(i / 10, 0.88), ((i + 1) / 10, 0.88), ((i + 0.6) / 10, 0.93), ((i - 0.4) / 10, 0.93)], c.between(190, 250))
        for mirrored in (False, True):
            x = c.between(0.03, 0.08)
            left = 1 - x - 0.12 if mirrored else x
            d.rectangle(left, low + 0.02, left + 0.12, low + 0.07, c.between(50, 255))
        picture = self._finish(d, body)
        self._lettering(picture, d, c.whole(0, 5), (0.03, 0.03, 0.7, low - 0.05), 0.03, 0.13)
        x = 0.5 if c.happens(0.55) else c.between(0.22, 0.78)
        return Vehicle(picture, d.mask, d.at(x, c.between(low - 0.02, 0.9)), width / 2.2)

    def motorcycle(self, metre: float) -> Vehicle:
        """Dark clutter around a wheel, a lamp above the plate."""
        c = self._chance
        width = max(16, int(metre * c.between(0.7, 1.0)))
        height = max(20, int(width * c.between(1.2, 1.6)))
        d = _Drawing(width, height, max(3, width // 12))
        tyre = c.between(5, 60)
        d.rectangle(0.4, 0.5, 0.6, 1.0, tyre, solid=True)
        d.fill([(0.25, 0.15), (0.75, 0.15), (0.7, 0.55), (0.3, 0.55)], c.between(5, 200), solid=True)
        d.fill([(0.3, 0.05), (0.7, 0.05), (0.75, 0.2), (0.25, 0.2)], c.between(5, 90), solid=True)
        d.line((0.02, 0.12), (0.98, 0.12), c.between(20, 180), 0.04)
        for x in (0.05, 0.95):
            d.ellipse(x, 0.08, 0.08, 0.05, c.between(10, 200), solid=True)
            d.ellipse(0.5 + (x - 0.5) * 0.6, 0.34, 0.06, 0.04, c.between(80, 255), solid=True)
        for _ in range(c.whole(2, 6)):
            d.line((c.between(0.1, 0.9), c.between(0.3, 0.9)), (c.between(0.1, 0.9), c.between(0.3, 0.9)), c.between(10, 220), 0.03)
        if c.happens(0.6):
            d.ellipse(c.pick((0.25, 0.75)), 0.75, 0.08, 0.07, c.between(60, 230), solid=True)
        d.ellipse(0.5, 0.3, c.between(0.1, 0.2), 0.06, c.between(50, 255))
        d.mask = cv2.dilate(d.mask, np.ones((3, 3), np.uint8))
        return Vehicle(self._finish(d, tyre), d.mask, d.at(0.5, c.between(0.48, 0.66)), width / 0.85)

    def bodywork(self, metre: float) -> Vehicle:
        """A close look at the metal around the plate: a bumper, a boot lid, a frame, screws, a grille."""
        c = self._chance
        width, height = max(24, int(metre * c.between(0.9, 1.9))), max(16, int(metre * c.between(0.5, 1.2)))
        d = _Drawing(width, height, 2)
        body = c.between(5, 250)
        d.rectangle(-0.1, -0.1, 1.1, 1.1, body, solid=True)
        for _ in range(c.whole(1, 5)):
            y, bend = c.between(0, 1), c.between(-0.08, 0.08)
            d.fill([(-0.1, y), (0.5, y + bend), (1.1, y), (1.1, y + c.between(0.02, 0.3)), (-0.1, y + c.between(0.02, 0.3))],
                   body + c.between(-90, 70))
        if c.happens(0.5):
            half, depth = c.between(0.2, 0.48), c.between(0.15, 0.4)
            slope = c.between(-0.08, 0.08)
            d.fill([(0.5 - half + slope, 0.5 - depth), (0.5 + half - slope, 0.5 - depth), (0.5 + half, 0.5 + depth),
                    (0.5 - half, 0.5 + depth)], body * c.between(0.3, 1.2))
        if c.happens(0.35):
            bars, bright = c.whole(3, 14), c.between(40, 240)
            top, bottom = sorted((c.between(0, 1), c.between(0, 1)))
            for i in range(bars):
                y = top + (bottom - top) * i / bars
                d.line((0, y), (1, y), bright, 0.01)
        picture = self._finish(d, body)
        self._lettering(picture, d, c.whole(0, 2), (0.1, 0.02, 0.6, 0.25), 0.04, 0.14)
        if c.happens(0.25):
            self._lettering(picture, d, 1, (0.1, 0.75, 0.5, 0.85), 0.04, 0.12)
        return Vehicle(picture, d.mask, d.at(0.5 + c.between(-0.06, 0.06), 0.5 + c.between(-0.06, 0.06)), metre)
