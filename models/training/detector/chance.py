"""Every random decision of the scenes, from one seed."""
from __future__ import annotations

import math
import random
from typing import Sequence, TypeVar

import cv2
import numpy as np

T = TypeVar("T")


class Chance:
    """Random numbers by the names the scenes use for them; the same seed gives the same scenes."""

    def __init__(self, seed: int) -> None:
        self._scalars = random.Random(seed)
        self._arrays = np.random.default_rng(seed)

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._scalars.random()

    def scale(self, low: float, high: float) -> float:
        """Between two positive numbers, every doubling equally likely."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._scalars.randint(low, max(low, high))

    def normal(self, mean: float, sigma: float, limit: float = 3.0) -> float:
        """A normal deviate cut at ``limit`` sigmas."""
        return mean + sigma * min(limit, max(-limit, self._scalars.gauss(0, 1)))

    def happens(self, probability: float) -> bool:
        return self._scalars.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self._scalars.randrange(len(choices))]

    def weighted(self, choices: Sequence[T], weights: Sequence[float]) -> T:
        return self._scalars.choices(choices, weights)[0]

    def characters(self, pattern: str) -> str:
        """``A`` becomes a letter, ``0`` a digit, ``a`` a small letter; anything else stays."""
        sets = {"A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0": "0123456789", "a": "abcdefghijklmnopqrstuvwxyz"}
        return "".join(self.pick(sets[c]) if c in sets else c for c in pattern)

    def grain(self, height: int, width: int, sigma: float) -> np.ndarray:
        """White noise, float32."""
        return self._arrays.standard_normal((height, width), dtype=np.float32) * np.float32(sigma)

    def clouds(self, height: int, width: int, cells: int, low: float, high: float) -> np.ndarray:
        """Smooth noise with about ``cells`` blobs from top to bottom, float32."""
        across = max(2, min(200, round(cells * width / max(1, height))))
        coarse = self._arrays.random((max(2, cells), across), dtype=np.float32)
        return low + (high - low) * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    def channel_weights(self) -> np.ndarray:
        """How much blue, green and red weigh in grey: the usual way in half of the cases, else anything."""
        if self.happens(0.5):
            return np.array([0.114, 0.587, 0.299], np.float32)
        weights = self._arrays.dirichlet((0.8, 1.2, 0.8))
        return (weights * self.between(0.9, 1.2)).astype(np.float32)
