"""Curved surfaces with painted skins, and their picture as the camera sees them."""

from dataclasses import dataclass

import cv2
import numpy as np

from optics import mix, sample, unit


class Skin:
    """What covers a surface, painted flat in metres: u to the viewer's right, v upwards.

    Two images of four channels: red, green, blue, mirror | glow, slope in u, slope in v, openness.
    """

    def __init__(self, u0, u1, v0, v1, density, albedo, mirror):
        self.u0, self.v1, self.density = u0, v1, density
        h, w = int((v1 - v0) * density), int((u1 - u0) * density)
        self.paint = np.empty((h, w, 4), np.float32)
        self.paint[:] = (*albedo, mirror)
        self.glow, self.relief, self.open = (np.zeros((h, w), np.float32) for _ in range(3))
        self.open += 1
        self.levels = None

    def area(self, points, albedo=None, mirror=None, glow=None, depth=0.0, both=True, soft=0.0, strength=1.0):
        """Covers a polygon; `depth` metres sinks it, `both` repeats it mirrored, `soft` metres blur its edge."""
        points = np.asarray(points, np.float32)
        self._cover(lambda mask, p: cv2.fillPoly(mask, [p], 255, cv2.LINE_AA, 4), points, albedo, mirror, glow, depth, both, soft, strength)

    def line(self, points, width, albedo=None, mirror=None, glow=None, depth=0.0, both=True, soft=0.0, strength=1.0):
        """Draws a line `width` metres thick."""
        pen = max(1, round(width * self.density))
        self._cover(lambda mask, p: cv2.polylines(mask, [p], False, 255, pen, cv2.LINE_AA, 4),
                    np.asarray(points, np.float32), albedo, mirror, glow, depth, both, soft, strength)

    def disc(self, centre, radius, **looks):
        self.area(np.float32([centre]) + radius * _circle(), **looks)

    def finish(self):
        """Derives slopes from the relief, and the smaller copies that distant views read."""
        slope_u = cv2.Sobel(self.relief, cv2.CV_32F, 1, 0) / 8 * self.density
        slope_v = -cv2.Sobel(self.relief, cv2.CV_32F, 0, 1) / 8 * self.density
        levels = [(self.paint, cv2.merge([self.glow, slope_u, slope_v, self.open]))]
        while min(levels[-1][0].shape[:2]) > 8 and len(levels) < 6:
            levels.append(tuple(cv2.pyrDown(image) for image in levels[-1]))
        self.levels = levels
        return self

    def read(self, uv, pixels_per_metre):
        """Both images at positions [n, 2], from the copy nearest the picture's own sharpness."""
        level = int(np.clip(np.floor(np.log2(self.density / pixels_per_metre) + .3), 0, len(self.levels) - 1))
        k = self.density / 2 ** level
        x, y = (uv[:, 0] - self.u0) * k - .5, (self.v1 - uv[:, 1]) * k - .5
        return tuple(sample(image, x, y) for image in self.levels[level])

    def _cover(self, draw, points, albedo, mirror, glow, depth, both, soft, strength):
        margin = int(3 * soft * self.density + .05 * self.density) + 4
        for side in (1, -1) if both else (1,):
            p = np.stack([(points[:, 0] * side - self.u0) * self.density, (self.v1 - points[:, 1]) * self.density], -1)
            h, w = self.open.shape
            x0, y0 = np.maximum(np.floor(p.min(0)).astype(int) - margin, 0)
            x1, y1 = np.minimum(np.ceil(p.max(0)).astype(int) + margin, (w, h))
            if x1 <= x0 or y1 <= y0:
                continue
            mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
            draw(mask, np.round((p - (x0, y0)) * 16).astype(np.int32))
            cover = mask.astype(np.float32) / 255
            if soft:
                cover = cv2.GaussianBlur(cover, (0, 0), soft * self.density)
            cover *= strength
            here = np.s_[y0:y1, x0:x1]
            if albedo is not None:
                self.paint[here][..., :3] += (np.float32(albedo) - self.paint[here][..., :3]) * cover[..., None]
            if mirror is not None:
                self.paint[here][..., 3] += (mirror - self.paint[here][..., 3]) * cover
            if glow is not None:
                self.glow[here] += (glow - self.glow[here]) * cover
            if depth:
                edge = cv2.GaussianBlur(cover, (0, 0), max(.6, .006 * self.density))
                self.relief[here] -= depth * edge
                if depth > 0:
                    self.open[here] *= 1 - np.minimum(.6, depth * 12) * (cover - np.minimum(cover, edge)) * 2


def _circle(n=48):
    a = np.arange(n) * 2 * np.pi / n
    return np.stack([np.cos(a), np.sin(a)], -1).astype(np.float32)


@dataclass(frozen=True)
class Patch:
    """A grid of points [rows, columns, 3], rows upwards or away, columns to the viewer's right; and its skin positions."""

    points: np.ndarray
    uv: np.ndarray
    skin: Skin
    nearer: float = 0.0

    def frames(self):
        """Normal and rightward tangent at every grid point."""
        along = unit(np.gradient(self.points, axis=1))
        return unit(np.cross(along, np.gradient(self.points, axis=0))), along


@dataclass(frozen=True)
class View:
    """The pixels that show a surface: their place in the picture, and what lies there."""

    rows: np.ndarray
    columns: np.ndarray
    points: np.ndarray
    normals: np.ndarray
    along: np.ndarray
    uv: np.ndarray
    skin: np.ndarray


def look(patches, camera, x0, y0, width, height):
    """The nearest surface in each pixel of a window: quads painted from far to near, then refined inside each."""
    corners, depth, index, ids, tables, tangents = [], [], [], [], [], []
    base = 0
    for k, patch in enumerate(patches):
        pixel, away = camera.project(patch.points)
        normal, along = patch.frames()
        tables.append(np.concatenate([patch.points, normal, patch.uv], -1).reshape(-1, 8).astype(np.float32))
        tangents.append(along[:-1, :-1].reshape(-1, 3).astype(np.float32))
        rows, columns = away.shape
        node = base + np.arange(rows * columns).reshape(rows, columns)
        ring = np.stack([node[:-1, :-1], node[:-1, 1:], node[1:, 1:], node[1:, :-1]], -1).reshape(-1, 4)
        index.append(ring)
        corners.append(pixel.reshape(-1, 2)[ring - base])
        depth.append(away.reshape(-1)[ring - base].mean(1) - patch.nearer)
        ids.append(np.full(len(ring), k))
        base += rows * columns
    corners, depth, index, ids, table, tangent = (np.concatenate(a) for a in (corners, depth, index, ids, tables, tangents))
    corners = corners - np.float32([x0, y0])
    a, b = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    lo, hi = corners.min(1), corners.max(1)
    seen = (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0] < 0) & (hi[:, 0] > 0) & (hi[:, 1] > 0) & (lo[:, 0] < width) & (lo[:, 1] < height)
    order = np.flatnonzero(seen)[np.argsort(-depth[seen], kind="stable")]

    which = np.zeros((height, width), np.int32)
    fixed = np.round(corners * 16 - 8).astype(np.int32)
    for quad in order:
        cv2.fillConvexPoly(which, fixed[quad], int(quad) + 1, cv2.LINE_8, 4)

    centre = corners.mean(1)
    s = (corners[:, 1] + corners[:, 2] - corners[:, 0] - corners[:, 3]) / 2
    t = (corners[:, 3] + corners[:, 2] - corners[:, 0] - corners[:, 1]) / 2
    area = s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]
    area = np.where(np.abs(area) < 1e-3, 1e-3, area)
    inverse = (np.stack([t[:, 1], -t[:, 0], -s[:, 1], s[:, 0]], -1) / area[:, None]).astype(np.float32)

    rows, columns = np.nonzero(which)
    quad = which[rows, columns] - 1
    m, c, n = inverse[quad], centre[quad], index[quad]
    dx, dy = (columns + .5 - c[:, 0]).astype(np.float32), (rows + .5 - c[:, 1]).astype(np.float32)
    p = np.clip(.5 + dx * m[:, 0] + dy * m[:, 1], 0, 1)[:, None]
    q = np.clip(.5 + dx * m[:, 2] + dy * m[:, 3], 0, 1)[:, None]
    lower, upper = mix(table[n[:, 0]], table[n[:, 1]], p), mix(table[n[:, 3]], table[n[:, 2]], p)
    value = mix(lower, upper, q)
    return View(rows, columns, value[:, :3], unit(value[:, 3:6]), tangent[quad], value[:, 6:], ids[quad])
