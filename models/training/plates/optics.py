"""What light, lens, sensor and compression do to a picture."""

from __future__ import annotations

import cv2
import numpy as np

from .chance import Chance


class Optics(Chance):
    """Each picture is developed by a camera of its own: blur, shadow, dirt, night, infrared, noise, sharpening, JPEG."""

    def __init__(self, rng: np.random.Generator, blurred: float = 1.0, noisy: float = 1.0):
        super().__init__(rng)
        self.blurred, self.noisy = blurred, noisy

    def develop(self, picture: np.ndarray) -> np.ndarray:
        """``picture`` (uint8 BGR) as this camera, light and compression would have it."""
        rows, columns = picture.shape[:2]
        scale = rows / 64
        blurred, noisy = self.blurred, self.noisy
        squeezed = self.chance(0.14 * noisy)
        if self.chance(0.16 * blurred):
            picture = self._smear(picture, self.between(2, 3 + 6 * scale))
        elif self.chance(0.45 * blurred):
            picture = cv2.GaussianBlur(picture, (0, 0), self.between(0.25, 0.35 + 1.1 * min(1.6, scale) * blurred))
        image = picture.astype(np.float32)
        if self.chance(0.2):  # a shadow's edge
            angle = self.between(0, 2 * np.pi)
            ys = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
            xs = np.linspace(-1, 1, columns, dtype=np.float32)[None]
            edge = np.clip((ys * np.sin(angle) + xs * np.cos(angle) + self.between(-0.7, 0.7)) / self.between(0.03, 0.8), 0, 1)
            image *= 1 - edge[..., None] * self.between(0.2, 0.75)
        if self.chance(0.2):  # dirt, uneven light
            image *= 1 + (self.cloud(rows, columns, self.between(4, 30)) - 0.5) * self.between(0.2, 0.8)
        if self.chance(0.07):  # mud
            for _ in range(1 + self.rng.integers(5)):
                cv2.circle(image, (int(self.between(0, columns)), int(self.between(0, rows))), 1 + int(self.between(0, 4 * scale)), self.colour(30, 180).tolist(), -1)
        if self.chance(0.04):  # rain or snow between
            for _ in range(self.rng.integers(3, 14)):
                x, y, length = self.between(0, columns), self.between(0, rows), self.between(2, rows * 0.3)
                cv2.line(image, (int(x), int(y)), (int(x + length * self.between(-0.3, 0.3)), int(y + length)), np.full(3, self.between(120, 240)).tolist(), 1)
        fate = self.rng.random()
        if fate < 0.24:  # no colour: night, infrared
            grey = image @ np.array([0.114, 0.587, 0.299], np.float32)
            if self.chance(0.25):
                grey = image @ np.array([0.05, 0.2, 0.75], np.float32)  # infrared sees red
            image = np.repeat(grey[..., None], 3, 2)
        elif fate < 0.7:
            grey = image.mean(2, keepdims=True)
            image = grey + (image - grey) * self.between(0, 1.2)
        if self.chance(0.7):
            image *= np.array([self.between(0.7, 1.2), self.between(0.85, 1.1), self.between(0.7, 1.2)], np.float32)
        if self.chance(0.8):
            fate = self.rng.random()
            if fate < 0.27:
                image = image * self.between(0.15, 0.65) + self.between(0, 30)
            elif fate < 0.45:
                image = image * self.between(1.1, 1.8) + self.between(-10, 40)
            elif fate < 0.75:
                flat = self.between(0.2, 0.9)
                image = image * flat + self.between(0, 255 * (1 - flat))
            else:
                image = 255 * np.power(np.clip(image, 0, 255) / 255, self.between(0.5, 2.2))
        if self.chance(0.025):
            image = 255 - image
        if self.chance(0.5 * noisy):
            strength = min(25, self.rng.exponential(6) + 1) * noisy
            image = image + self.rng.standard_normal((rows, columns, 1 if self.chance(0.5) else 3), np.float32) * strength
        image = np.clip(image, 0, 255).astype(np.uint8)
        if self.chance(0.15):
            image = cv2.addWeighted(image, 2.0, cv2.GaussianBlur(image, (0, 0), 1.0), -1.0, 0)
        if squeezed or self.chance(0.55 * noisy):
            quality = int(self.between(9, 50) if squeezed else self.between(20, 92))
            y, x = int(self.rng.integers(8)), int(self.rng.integers(8))  # the blocks' grid lies anywhere
            shifted = cv2.copyMakeBorder(image, y, 0, x, 0, cv2.BORDER_REPLICATE)
            image = cv2.imdecode(cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)[y:, x:]
        if self.chance(0.05 * noisy):
            image = cv2.addWeighted(image, 2.0, cv2.GaussianBlur(image, (0, 0), self.between(0.8, 1.6)), -1.0, 0)
        return image

    def _smear(self, picture, length):
        """Motion: along the lane mostly."""
        size = max(3, int(length) | 1)
        kernel = np.zeros((size, size), np.float32)
        angle = self.between(0, np.pi) if self.chance(0.3) else np.radians(self.rng.normal() * 12)
        middle, reach = size // 2, length / 2
        start = (round(middle - reach * np.cos(angle)), round(middle - reach * np.sin(angle)))
        end = (round(middle + reach * np.cos(angle)), round(middle + reach * np.sin(angle)))
        cv2.line(kernel, start, end, 1, 1)
        return cv2.filter2D(picture, -1, kernel / max(1, kernel.sum()), borderType=cv2.BORDER_REPLICATE)
