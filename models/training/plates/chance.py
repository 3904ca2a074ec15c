"""Random choices of the kinds that rendering needs, from one generator."""

from __future__ import annotations

import cv2
import numpy as np


class Chance:
    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.rng.random()

    def pick(self, options):
        return options[int(self.rng.random() * len(options))]

    def weighted(self, options):
        """One of ``options``, each a tuple whose first element is its weight."""
        bounds = np.cumsum([option[0] for option in options])
        return options[int(np.searchsorted(bounds, self.rng.random() * bounds[-1]))]

    def colour(self, low: float = 0, high: float = 255) -> np.ndarray:
        return self.rng.uniform(low, high, 3).astype(np.float32)

    def cloud(self, height: int, width: int, grain: float, channels: int = 1) -> np.ndarray:
        """Soft noise 0 to 1 with features about ``grain`` pixels wide, height × width × channels."""
        small = self.rng.random((max(2, int(height / grain)), max(2, int(width / grain)), channels), np.float32)
        cloud = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        return cloud if cloud.ndim == 3 else cloud[..., None]
