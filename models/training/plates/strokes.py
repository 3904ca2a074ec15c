"""Typefaces drawn with one pen: 36 skeletons whose proportions are chosen at random.

Number plates are lettered with stamped stroke faces (DIN 1451 and its relatives, the dies of US prisons, Brazil's
Mandatory) that no free font imitates. A skeleton is a set of polylines in a box one unit high; corners are rounded with
the face's radius except where a letter needs them sharp, then inked with a round pen.
"""

from __future__ import annotations

import cv2
import numpy as np

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CAP_HEIGHT = 72
_DRAWN = 144  # drawn twice as large, then shrunk: smooth edges


def _rounded(points, radius, closed=False, sharp=()):
    """The polyline with its corners cut by quadratic curves that start ``radius`` before each corner."""
    points = [np.asarray(p, float) for p in points]
    count, path = len(points), []
    for i, corner in enumerate(points):
        if i in sharp or (not closed and i in (0, count - 1)):
            path.append(corner)
            continue
        before, after = points[i - 1] - corner, points[(i + 1) % count] - corner
        near, far = np.linalg.norm(before), np.linalg.norm(after)
        reach = min(radius, near / 2, far / 2)
        start, end = corner + before / near * reach, corner + after / far * reach
        for t in np.linspace(0, 1, 8):
            path.append((1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t * t * end)
    if closed:
        path.append(path[0])
    return np.array(path)


class _Pen:
    """The choices that make one face: width, weight, roundness, and the variants of single letters."""

    def __init__(self, rng):
        bold = rng.random() < 0.3
        self.rng = rng
        self.width = rng.uniform(0.46, 0.66) if bold else rng.uniform(0.34, 0.62)
        self.weight = rng.uniform(0.16, 0.22) if bold else rng.uniform(0.09, 0.18)
        self.radius = rng.uniform(0.08, 0.5)
        self.ring_radius = self.radius * rng.uniform(0.9, 1.5)
        self.waist = rng.uniform(0.42, 0.52)
        # A hook may come near the stroke it curls towards, never touch it: a closed 6 is an 8.
        gap = self.weight / (1 - self.weight) + 0.09
        self.hook = max(0.03, min(rng.uniform(0.13, 0.28), self.waist - 0.03 - gap))

    def chance(self, probability):
        return self.rng.random() < probability

    def line(self, *points, wide=1.0, radius=None, closed=False, sharp=()):
        scaled = [(x * self.width * wide, y) for x, y in points]
        return _rounded(scaled, self.radius if radius is None else radius, closed, sharp)

    def ring(self, top, bottom, inset=0.0, wide=1.0, radius=None):
        return self.line((inset, top), (1 - inset, top), (1 - inset, bottom), (inset, bottom),
                         wide=wide, radius=radius, closed=True)


def _skeletons(pen: _Pen) -> dict[str, list[np.ndarray]]:
    line, ring, chance, uniform = pen.line, pen.ring, pen.chance, pen.rng.uniform
    m, h = pen.waist, pen.hook
    glyphs = {}

    round_o = pen.ring_radius if chance(0.6) else pen.radius
    wide_o = uniform(1.0, 1.3)
    glyphs["0"] = [ring(0, 1, radius=pen.ring_radius)]
    if chance(0.06):
        glyphs["0"].append(line((0.15, 0.85), (0.85, 0.15)))
    glyphs["O"] = [ring(0, 1, wide=wide_o, radius=round_o)]
    tail = ((0.55, 0.72), (1.05, 1.05)) if chance(0.7) else ((0.5, 0.85), (0.5, 1.12))
    glyphs["Q"] = [ring(0, 1, wide=wide_o, radius=round_o), line(*tail, wide=wide_o)]

    ones = ([line((0.2, 0), (0.2, 1))],
            [line((0, 0.2), (0.45, 0), (0.45, 1), sharp=(1,))],
            [line((0, 0.2), (0.4, 0), (0.4, 1), sharp=(1,)), line((0, 1), (0.8, 1))])
    glyphs["1"] = ones[pen.rng.integers(3)]
    glyphs["2"] = [line((0, h), (0, 0), (1, 0), (1, 0.42), (0, 1), (1, 1), sharp=(4,)) if chance(0.75)
                   else line((0, h), (0, 0), (1, 0), (1, m), (0, m + 0.1), (0, 1), (1, 1), sharp=(5,))]
    glyphs["3"] = ([line((0, h), (0, 0), (1, 0), (1, m), (0.35, m)), line((0.35, m), (1, m), (1, 1), (0, 1), (0, 1 - h))]
                   if chance(0.75) else [line((0, 0), (1, 0), (0.4, 0.4), (1, 0.4), (1, 1), (0, 1), (0, 1 - h), sharp=(1, 2))])
    four = pen.rng.random()
    if four < 0.6:
        glyphs["4"] = [line((0.72, 1), (0.72, 0), (0, 0.72), (1, 0.72), sharp=(1, 2))]
    elif four < 0.9:
        glyphs["4"] = [line((0.5, 0), (0, 0.72), (1, 0.72), sharp=(1,)), line((0.75, 0.4), (0.75, 1))]
    else:
        glyphs["4"] = [line((0, 0), (0, 0.55), (1, 0.55), sharp=(1,)), line((0.8, 0.2), (0.8, 1))]
    glyphs["5"] = [line((1, 0), (0.06, 0), (0, m + 0.04), (1, m - 0.06), (1, 1), (0, 1), (0, 1 - h), sharp=(1, 2))]
    if chance(0.65):
        six = line((1, h), (1, 0), (0, 0), (0, 1), (1, 1), (1, m - 0.03), (0, m - 0.03))
    else:
        six = line((0.78, 0), (0, 0.55), (0, 1), (1, 1), (1, m - 0.02), (0.05, m))
    glyphs["6"], glyphs["9"] = [six], [np.array([pen.width, 1.0]) - six]
    glyphs["7"] = [line((0, 0), (1, 0), (uniform(0.2, 0.45), 1), sharp=(1,)) if chance(0.7)
                   else line((0, 0.12), (0, 0), (1, 0), (0.6, 0.45), (0.35, 1), sharp=(1, 2), radius=0.2)]
    inset = uniform(0, 0.08)
    glyphs["8"] = [ring(0, m + 0.01, inset), ring(m + 0.01, 1)]

    apex = uniform(0, 0.15)
    glyphs["A"] = [line((0, 1), (0.5 - apex, 0), (0.5 + apex, 0), (1, 1), sharp=(1, 2), wide=1.1),
                   line((0.16, 0.68), (0.84, 0.68), wide=1.1)]
    glyphs["B"] = [line((0, m), (0, 0), (1 - inset, 0), (1 - inset, m), (0, m), sharp=(1,)),
                   line((0, m), (1, m), (1, 1), (0, 1), (0, m), sharp=(3,))]
    glyphs["C"] = [line((1, h), (1, 0), (0, 0), (0, 1), (1, 1), (1, 1 - h))]
    glyphs["D"] = [line((0, 0), (1, 0), (1, 1), (0, 1), closed=True, sharp=(0, 3), radius=max(pen.radius, 0.15))]
    arm, wide_e = uniform(0.65, 0.95), uniform(0.8, 1.02)
    glyphs["E"] = [line((1, 0), (0, 0), (0, 1), (1, 1), sharp=(1, 2), wide=wide_e), line((0, m), (arm, m), wide=wide_e)]
    glyphs["F"] = [line((1, 0), (0, 0), (0, 1), sharp=(1,), wide=wide_e), line((0, m), (arm, m), wide=wide_e)]
    glyphs["G"] = [line((1, h), (1, 0), (0, 0), (0, 1), (1, 1), (1, 0.55), (0.55, 0.55), sharp=(5,))]
    glyphs["H"] = [line((0, 0), (0, 1)), line((1, 0), (1, 1)), line((0, m), (1, m))]
    glyphs["I"] = ([line((0.2, 0), (0.2, 1))] if chance(0.6) else
                   [line((0.4, 0), (0.4, 1)), line((0, 0), (0.8, 0)), line((0, 1), (0.8, 1))])
    glyphs["J"] = [line((1, 0), (1, 1), (0, 1), (0, 0.7)) if chance(0.7)
                   else line((0.4, 0), (1, 0), (1, 1), (0, 1), (0, 0.7), sharp=(1,))]
    knee = uniform(0.5, 0.65)
    glyphs["K"] = [line((0, 0), (0, 1)), line((1, 0), (0, knee)), line((0.35, knee - 0.18), (1, 1))]
    glyphs["L"] = [line((0, 0), (0, 1), (1, 1), sharp=(1,))]
    wide_m, dip = uniform(0.95, 1.5), uniform(0.4, 1)
    glyphs["M"] = [line((0, 1), (0, 0), (0.5, dip), (1, 0), (1, 1), sharp=(1, 2, 3), wide=wide_m)]
    glyphs["N"] = [line((0, 1), (0, 0), (1, 1), (1, 0), sharp=(1, 2))]
    bowl = uniform(0.46, 0.58)
    p = line((0, 1), (0, 0), (1, 0), (1, bowl), (0, bowl), sharp=(1,))
    glyphs["P"], glyphs["R"] = [p], [p, line((uniform(0.3, 0.5), bowl), (1, 1))]
    glyphs["S"] = [line((1, h), (1, 0), (0, 0), (0, m), (1, m + 0.04), (1, 1), (0, 1), (0, 1 - h))]
    wide_t = uniform(0.78, 1.08)
    glyphs["T"] = [line((0, 0), (1, 0), wide=wide_t), line((0.5, 0), (0.5, 1), wide=wide_t)]
    glyphs["U"] = [line((0, 0), (0, 1), (1, 1), (1, 0))]
    glyphs["V"] = [line((0, 0), (0.5, 1), (1, 0), sharp=(1,), wide=1.08)]
    peak = uniform(0, 0.5)
    glyphs["W"] = [line((0, 0), (0.22, 1), (0.5, peak), (0.78, 1), (1, 0), sharp=(1, 2, 3), wide=wide_m * 1.05)]
    glyphs["X"] = [line((0, 0), (1, 1)), line((1, 0), (0, 1))]
    glyphs["Y"] = [line((0, 0), (0.5, 0.5), (1, 0), sharp=(1,)), line((0.5, 0.5), (0.5, 1))]
    glyphs["Z"] = [line((0, 0), (1, 0), (0, 1), (1, 1), sharp=(1, 2))]
    return glyphs


def stroke_face(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One face: a grey mask for each character, capitals ``CAP_HEIGHT`` high (Q may hang lower)."""
    pen = _Pen(rng)
    ink = max(8, int(pen.weight * _DRAWN))
    face = {}
    for character, lines in _skeletons(pen).items():
        right = max(path[:, 0].max() for path in lines)
        bottom = max(path[:, 1].max() for path in lines)
        mask = np.zeros((int(bottom * (_DRAWN - ink)) + ink + 6, int(right * (_DRAWN - ink)) + ink + 6), np.uint8)
        for path in lines:
            points = np.round((path * (_DRAWN - ink) + ink / 2 + 2) * 16).astype(np.int32)
            cv2.polylines(mask, [points], False, 255, ink, cv2.LINE_AA, 4)
        ys, xs = np.where(mask > 60)
        mask = mask[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
        height = CAP_HEIGHT if character != "Q" else round(CAP_HEIGHT * mask.shape[0] / _DRAWN)
        width = max(6, mask.shape[1] * CAP_HEIGHT // _DRAWN)
        face[character] = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return face
