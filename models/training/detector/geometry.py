"""Boxes, quadrilaterals and the homographies between them. Points are (x, y) in pixels, float32."""
from __future__ import annotations

import math

import cv2
import numpy as np

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def corners(box: Box) -> np.ndarray:
    """The corners of a box, from top left, clockwise."""
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def bounds(points: np.ndarray) -> Box:
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return float(left), float(top), float(right), float(bottom)


def project(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    return cv2.perspectiveTransform(points[None].astype(np.float32), homography.astype(np.float64))[0]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    both = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    total = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return both / total if total > 0 else 0.0


def touch(a: Box, b: Box, margin: float = 0.0) -> bool:
    return a[0] < b[2] + margin and b[0] < a[2] + margin and a[1] < b[3] + margin and b[1] < a[3] + margin


def visible_share(box: Box, width: float, height: float) -> float:
    """How much of a box lies inside a picture."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    inside = max(0.0, min(box[2], width) - max(box[0], 0)) * max(0.0, min(box[3], height) - max(box[1], 0))
    return inside / area if area > 0 else 0.0


def view(yaw: float, pitch: float, roll: float, distance: float) -> np.ndarray:
    """The homography by which a camera sees a plane that is turned by three angles in degrees.

    The plane's unit is one, its centre lands at the origin, and sizes at the centre are kept. ``distance`` is the
    camera's distance in the same unit: small means strong perspective.
    """
    yaw, pitch, roll = (math.radians(angle) for angle in (yaw, pitch, roll))
    turn_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    turn_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    turn_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    turned = turn_z @ turn_x @ turn_y
    seen = np.array([turned[0], turned[1], turned[2] / distance])
    seen[:, 2] = (0, 0, 1)
    return seen


def shift(x: float, y: float) -> np.ndarray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def stretch(x: float, y: float) -> np.ndarray:
    return np.diag((x, y, 1.0))
