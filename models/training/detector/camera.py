"""What a camera does to a scene: light, haze, glare, blur, noise, compression."""
from __future__ import annotations

import math

import cv2
import numpy as np

from .chance import Chance


def shoot(scene: np.ndarray, chance: Chance) -> np.ndarray:
    """A float32 scene as a camera would deliver it, uint8."""
    c = chance
    height, width = scene.shape
    if c.happens(0.6):
        mean = float(scene.mean())
        scene = (scene - mean) * c.between(0.5, 1.5) + mean + c.between(-35, 35)
    if c.happens(0.35):
        scene = 255 * (np.clip(scene, 0, 255) / 255) ** math.exp(c.between(-0.7, 0.7))
    if c.happens(0.2):
        scene = scene + c.clouds(height, width, c.whole(2, 3), c.between(-80, 0), c.between(0, 80))
    if c.happens(0.06):  # haze
        veil = c.between(0.2, 0.6)
        scene = scene * (1 - veil) + c.between(120, 230) * veil
    if c.happens(0.1):  # night: dark with lamps that bloom
        scene = scene * c.between(0.25, 0.6)
        for _ in range(c.whole(0, 3)):
            _glare(scene, c, c.between(4, 30), c.between(80, 320))
    elif c.happens(0.1):
        _glare(scene, c, c.between(8, 60), c.between(60, 220))
    scene = _blur(scene, c)
    if c.happens(0.5):
        scene = scene + c.grain(height, width, c.between(1, 11))
    picture = np.clip(scene, 0, 255).astype(np.uint8)
    if c.happens(0.42):
        quality = [cv2.IMWRITE_JPEG_QUALITY, c.whole(22, 92)]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_GRAYSCALE)
    return picture


def _glare(scene: np.ndarray, c: Chance, radius: float, strength: float) -> None:
    height, width = scene.shape
    x, y = c.between(0, width), c.between(0, height)
    across = np.exp(-((np.arange(width, dtype=np.float32) - x) / radius) ** 2 / 2)
    down = np.exp(-((np.arange(height, dtype=np.float32) - y) / radius) ** 2 / 2)
    scene += np.float32(strength) * down[:, None] * across[None]


def _blur(scene: np.ndarray, c: Chance) -> np.ndarray:
    kind = c.between(0, 1)
    if kind < 0.35:
        return cv2.GaussianBlur(scene, (0, 0), c.between(0.35, 1.2))
    if kind < 0.45:
        size, angle = c.pick((3, 3, 5, 7)), c.between(0, math.pi)
        kernel = np.zeros((size, size), np.float32)
        reach = size // 2
        end = (round(reach + reach * math.cos(angle)), round(reach + reach * math.sin(angle)))
        cv2.line(kernel, (2 * reach - end[0], 2 * reach - end[1]), end, 1)
        return cv2.filter2D(scene, -1, kernel / kernel.sum())
    if kind < 0.53:
        height, width = scene.shape
        share = c.between(0.5, 0.85)
        small = cv2.resize(scene, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if kind < 0.63:
        return scene + (scene - cv2.GaussianBlur(scene, (0, 0), 1.0)) * c.between(0.3, 1.2)
    return scene
