"""The real photographs as the detector's scenes use them: pictures, boxes, and places where a plate may be unlabelled."""
from __future__ import annotations

import dataclasses
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

import real

from .geometry import Box

CLOSE_UPS = "oid_crops_text"
BACKGROUNDS = ("us_driveai_ccby_unlabelled", "us_udacity_mit_unlabelled")
_CUT_AT_THE_SIDES = ("vn_mit",)
"""Sets in which plates that the picture's edge cuts have no box."""


@dataclasses.dataclass
class Photograph:
    """A picture (blue, green, red, uint8), its plates, and places where a plate may be that nobody labelled."""

    name: str
    source: str
    squashed: bool
    picture: np.ndarray
    plates: list[Box]
    unknown: list[Box]


def unlabelled(path: Path | None) -> dict[str, list[Box]]:
    """Places of plates without a label: lines of file, x, y, width, height and anything more, tab-separated."""
    found: dict[str, list[Box]] = defaultdict(list)
    if path is not None:
        for line in path.read_text(encoding="utf-8").splitlines():
            name, *numbers = line.split("\t")[:5]
            x, y, width, height = map(float, numbers)
            found[name].append((x, y, x + width, y + height))
    return dict(found)


def photographs(data: Path, validation: bool, ignore: Path | None = None, close_ups: bool = False) -> list[Photograph]:
    """The photographs of one split: whole ones, or the close-ups of plates."""
    doubts = unlabelled(ignore)
    found = []
    for listed in real.photographs(data, validation):
        if (listed.set == CLOSE_UPS) != close_ups:
            continue
        picture = cv2.imread(str(listed.path))
        if picture is None:
            raise FileNotFoundError(f"{listed.path} is in its set's table but is no picture")
        plates = [(p.box[0], p.box[1], p.box[0] + p.box[2], p.box[1] + p.box[3]) for p in listed.plates]
        unknown = list(doubts.get(listed.path.name, []))
        if listed.set in _CUT_AT_THE_SIDES:
            height, width = picture.shape[:2]
            unknown += [(0, 0, 0.13 * width, height), (0.87 * width, 0, width, height)]
        found.append(Photograph(listed.path.name, listed.set, listed.squashed, picture, plates, unknown))
    return found


def streets(data: Path) -> list[np.ndarray]:
    """Dashcam frames with plates, mostly small, that nobody labelled."""
    paths = [path for source in BACKGROUNDS for path in sorted((data / "training" / source).glob("*.jpg"))]
    return [cv2.imread(str(path)) for path in paths]


def frames(film: Path, every: int = 10) -> list[np.ndarray]:
    """Every so many frames of a film."""
    capture, kept, number = cv2.VideoCapture(str(film)), [], 0
    while capture.grab():
        if number % every == 0:
            kept.append(capture.retrieve()[1])
        number += 1
    return kept
