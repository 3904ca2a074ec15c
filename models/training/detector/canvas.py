"""Drawing on grey pictures: pasting layers through a homography, words, inpainting. Pictures are float32 0..255."""
from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .chance import Chance
from .geometry import bounds, corners, project, stretch


def blend(picture: np.ndarray, layer: np.ndarray, mask: np.ndarray, x: int, y: int) -> None:
    """Lays a layer over a picture; ``mask`` is 0..1. Parts outside are cut."""
    height, width = layer.shape
    left, top = max(0, x), max(0, y)
    right, bottom = min(picture.shape[1], x + width), min(picture.shape[0], y + height)
    if right <= left or bottom <= top:
        return
    part = (slice(top - y, bottom - y), slice(left - x, right - x))
    under = picture[top:bottom, left:right]
    under += (layer[part] - under) * mask[part]


def paste(picture: np.ndarray, layer: np.ndarray, mask: np.ndarray, homography: np.ndarray) -> None:
    """Lays a layer (uint8 or float32) over a picture as the homography sees it; ``mask`` is uint8, 255 = opaque."""
    height, width = layer.shape
    seen = project(homography, corners((0, 0, width, height)))
    across = max(np.linalg.norm(seen[1] - seen[0]), np.linalg.norm(seen[2] - seen[3]))
    down = max(np.linalg.norm(seen[3] - seen[0]), np.linalg.norm(seen[2] - seen[1]))
    if across < 2 or down < 2:
        return
    small = (max(2, min(width, round(across))), max(2, min(height, round(down))))
    if small[0] < 0.75 * width or small[1] < 0.75 * height:  # shrink first: warping alone would alias
        layer = cv2.resize(layer, small, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(mask, small, interpolation=cv2.INTER_AREA)
        homography = homography @ stretch(width / small[0], height / small[1])
    left, top, right, bottom = bounds(seen)
    left, top = max(0, int(left) - 1), max(0, int(top) - 1)
    right, bottom = min(picture.shape[1], int(right) + 2), min(picture.shape[0], int(bottom) + 2)
    if right <= left or bottom <= top:
        return
    # Pixel centres lie at halves in scene coordinates and at whole numbers in OpenCV's.
    to_scene = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    to_pixels = np.array([[1, 0, -0.5 - left], [0, 1, -0.5 - top], [0, 0, 1]])
    warp = to_pixels @ homography @ to_scene
    size = (right - left, bottom - top)
    over = cv2.warpPerspective(layer, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    opaque = cv2.warpPerspective(mask, warp, size, flags=cv2.INTER_LINEAR).astype(np.float32) / 255
    under = picture[top:bottom, left:right]
    under += (over.astype(np.float32) - under) * opaque


def erase(picture: np.ndarray, box: tuple[float, float, float, float]) -> None:
    """Fills a box from its upper and lower edge, as bodywork would go on there."""
    height, width = picture.shape
    left, top = max(0, int(box[0]) - 1), max(1, int(box[1]) - 2)
    right, bottom = min(width, int(box[2]) + 2), min(height - 1, int(box[3]) + 3)
    if right - left < 2 or bottom - top < 2:
        return
    down = np.linspace(0, 1, bottom - top, dtype=np.float32)[:, None]
    fill = (1 - down) * picture[top - 1, left:right] + down * picture[bottom, left:right]
    across = max(3, (right - left) // 4)
    grain = np.random.default_rng(right * bottom).standard_normal(fill.shape, dtype=np.float32)
    picture[top:bottom, left:right] = cv2.blur(fill, (across, 3)) + 2 * grain


@functools.lru_cache(maxsize=256)
def _font(path: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, 40)


class Words:
    """A stock of lettering as masks 30 pixels high: makes, models, trades, slogans, numbers and nonsense."""

    SAYINGS = (
        "TURBO", "Diesel", "4x4", "1.6 16V", "GT", "HYBRID", "electric", "V6", "TDI", "XLE", "Sport", "LTZ", "2.0 i",
        "STOP", "EXIT", "TAXI", "PARKING", "CAR WASH", "OPEN", "HOTEL", "FOR SALE", "SALE", "POLICE", "AMBULANCE",
        "SCHOOL BUS", "BUS STOP", "Bakery", "PIZZA", "Café", "PHARMACY", "No entry", "ONE WAY", "SPEED LIMIT", "VOTE",
        "www.example.com", "0800 555 019", "555-0142", "LOADING", "Baby on board", "How is my driving?", "KEEP CLEAR",
        "LONG VEHICLE", "OVERSIZE LOAD", "CENTRAL", "Station", "AIRPORT", "Line 7", "ROUTE 66", "40", "50", "80", "100",
        "FIRE DEPT", "Express", "Logistics", "TRANSPORT", "Plumbing & Heating", "RENT", "MAX 3.5 t", "NORTH", "Motors",
    )
    PATTERNS = ("00:00:00", "0000-00-00", "00/00/0000 00:00", "000", "00", "0", "A0", "A00", "000-0000", "(000) 000-0000",
                "Aaaaaa", "AAAAAA", "Aaaa Aaaa", "AAA", "AA", "Aaaaaaaaa", "aaaaaa.aaa", "A 000", "0.0 A", "AAAA AAAA")

    def __init__(self, chance: Chance, fonts: list[Path], count: int = 900) -> None:
        self.masks: list[np.ndarray] = []
        for _ in range(count):
            text = chance.pick(self.SAYINGS) if chance.happens(0.55) else chance.characters(chance.pick(self.PATTERNS))
            self.masks.append(self._draw(chance, text, fonts))

    @staticmethod
    def _draw(chance: Chance, text: str, fonts: list[Path]) -> np.ndarray:
        if fonts and chance.happens(0.85):
            font = _font(str(chance.pick(fonts)))
            left, top, right, bottom = font.getbbox(text)
            picture = Image.new("L", (max(2, right - left + 4), max(2, bottom - top + 4)), 0)
            ImageDraw.Draw(picture).text((2 - left, 2 - top), text, font=font, fill=255)
            mask = np.array(picture)
        else:
            face, thickness = chance.pick((cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)), chance.whole(1, 5)
            (width, height), under = cv2.getTextSize(text, face, 1.2, thickness)
            mask = np.zeros((height + under + 8, width + 8), np.uint8)
            cv2.putText(mask, text, (4, height + 4), face, 1.2, 255, thickness, cv2.LINE_AA)
        width = max(4, round(mask.shape[1] * 30 / mask.shape[0]))
        return cv2.resize(mask, (width, 30), interpolation=cv2.INTER_AREA)

    def write(self, picture: np.ndarray, chance: Chance, x: float, y: float, height: float, shade: float,
              width: float | None = None) -> None:
        """Writes one of the words with its top left at x, y."""
        mask = chance.pick(self.masks)
        high = max(3, round(height))
        wide = max(3, round(width if width is not None else mask.shape[1] * high / 30 * chance.between(0.8, 1.25)))
        if wide > 2 * picture.shape[1] or high > 2 * picture.shape[0]:
            return
        ink = cv2.resize(mask, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        blend(picture, np.full_like(ink, shade), ink * chance.between(0.6, 1), round(x), round(y))


def contrast(chance: Chance, ground: float, least: float = 50) -> float:
    """A shade that stands out from the ground."""
    up = chance.happens(0.5) if 90 < ground < 165 else ground < 128
    return float(np.clip(ground + chance.between(least, 220) * (1 if up else -1), 0, 255))
