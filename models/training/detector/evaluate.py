"""Measures a detector as the product uses it: the picture scaled to a constant area, peaks of the map, boxes that differ.

    python3 -m detector.evaluate CHECKPOINT --data ../../../shared/data [--scenes]
"""
from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path
from typing import Callable, Iterable

import cv2
import numpy as np
import torch

import weights

from .geometry import Box, overlap
from .network import PlateNetwork, Shape, decode
from .targets import STRIDE

AREA = (576, 324)
THRESHOLD, OVERLAP, PAD = 0.3, 0.35, 114
Map = Callable[[np.ndarray], np.ndarray]
"""A letterboxed grey picture, uint8, to the decoded map [13, h/8, w/8]."""


@dataclasses.dataclass
class Detection:
    box: Box
    score: float
    quad: np.ndarray


@dataclasses.dataclass
class Score:
    """What share of labelled plates is found, how many boxes a picture gets, and how far corners are off."""

    plates: int = 0
    found: int = 0
    boxes: int = 0
    pictures: int = 0
    overlaps: float = 0.0
    corner_errors: list[float] = dataclasses.field(default_factory=list)

    def __str__(self) -> str:
        recall = 100 * self.found / max(1, self.plates)
        text = f"{recall:.1f} % of {self.plates} ({self.boxes / max(1, self.pictures):.2f} boxes, IoU {self.overlaps / max(1, self.found):.3f}"
        if self.corner_errors:
            text += f", corners {np.median(self.corner_errors):.3f} of the height"
        return text + ")"


def load(path: Path) -> PlateNetwork:
    """The averaged network of a checkpoint, or the one of weights that were kept (.npz)."""
    if path.suffix == ".npz":
        network = PlateNetwork()
        weights.load(network, path)
        return network.eval()
    checkpoint = torch.load(path, map_location="cpu")
    network = PlateNetwork(Shape(**checkpoint["shape"]))
    network.load_state_dict(checkpoint["average"])
    return network.eval()


def torch_map(network: PlateNetwork, coarse: bool = False) -> Map:
    """``coarse``: convolve in bfloat16, faster and a little different from what the product does."""
    network = network.eval().to(memory_format=torch.channels_last)

    def run(picture: np.ndarray) -> np.ndarray:
        inputs = (torch.from_numpy(picture)[None, None].float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=coarse):
            return decode(network(inputs).float())[0].numpy()
    return run


def letterbox(picture: np.ndarray, area: tuple[int, int] = AREA) -> tuple[np.ndarray, float, int, int]:
    """The picture at a constant area, padded to multiples of 32; with the scale and what was padded left and above."""
    height, width = picture.shape
    scale = math.sqrt(area[0] * area[1] / (width * height))
    wide, high = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    full_width, full_height = -(-wide // 32) * 32, -(-high // 32) * 32
    left, top = (full_width - wide) // 2, (full_height - high) // 2
    padded = np.full((full_height, full_width), PAD, np.uint8)
    padded[top:top + high, left:left + wide] = small
    return padded, scale, left, top


def peaks(planes: np.ndarray, threshold: float = THRESHOLD) -> list[Detection]:
    """The detections of a map, best first, in pixels of the network's input."""
    score = planes[0]
    top = (score >= threshold) & (score >= cv2.dilate(score, np.ones((3, 3), np.uint8)))
    rows, columns = np.nonzero(top)
    found: list[Detection] = []
    for index in np.argsort(-score[rows, columns]):
        row, column = rows[index], columns[index]
        x, y = (column + 0.5) * STRIDE, (row + 0.5) * STRIDE
        left, up, right, down = planes[1:5, row, column]
        quad = planes[5:13, row, column].reshape(4, 2) + np.array([x, y], np.float32)
        outer = (*quad.min(0), *quad.max(0))
        box = tuple(float(a + b) / 2 for a, b in zip((x - left, y - up, x + right, y + down), outer))
        if all(overlap(box, other.box) < OVERLAP for other in found):
            found.append(Detection(box, float(score[row, column]), quad))
    return found


def detect(run: Map, picture: np.ndarray, area: tuple[int, int] = AREA, threshold: float = THRESHOLD) -> list[Detection]:
    """The plates of a grey picture, in its pixels."""
    padded, scale, left, top = letterbox(picture, area)
    offset = np.array([left, top], np.float32)
    return [Detection(((d.box[0] - left) / scale, (d.box[1] - top) / scale, (d.box[2] - left) / scale, (d.box[3] - top) / scale),
                      d.score, (d.quad - offset) / scale) for d in peaks(run(padded), threshold)]


def add(score: Score, found: list[Detection], boxes: Iterable[Box], quads: Iterable[np.ndarray | None] = ()) -> None:
    """Counts one picture."""
    score.pictures += 1
    score.boxes += len(found)
    quads = list(quads)
    for number, box in enumerate(boxes):
        score.plates += 1
        best = max(found, key=lambda d: overlap(d.box, box), default=None)
        if best is None or overlap(best.box, box) < 0.5:
            continue
        score.found += 1
        score.overlaps += overlap(best.box, box)
        quad = quads[number] if quads else None
        if quad is not None:
            high = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
            score.corner_errors.append(float(np.linalg.norm(best.quad - quad, axis=1).mean() / max(1.0, high)))


def scenes(data: Path) -> dict[str, list[tuple[np.ndarray, list[Box]]]]:
    """The validation scenes: for choosing between finished models and their thresholds, never for training."""
    sets = {}
    for name in ("eu", "us", "br"):
        rows = (data / "scenes" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
        pictures = []
        for row in rows:
            file, x, y, width, height = row.split("\t")[:5]
            picture = cv2.imread(str(data / "scenes" / name / file), cv2.IMREAD_GRAYSCALE)
            x, y, width, height = map(float, (x, y, width, height))
            pictures.append((picture, [(x, y, x + width, y + height)]))
        sets[name] = pictures
    return sets


def measure(run: Map, sets: dict[str, list[tuple[np.ndarray, list[Box]]]], area: tuple[int, int] = AREA,
            threshold: float = THRESHOLD) -> dict[str, Score]:
    scores = {}
    for name, pictures in sets.items():
        scores[name] = Score()
        for picture, boxes in pictures:
            add(scores[name], detect(run, picture, area, threshold), boxes)
    return scores


def held_out(data: Path) -> dict[str, list[tuple[np.ndarray, list[Box]]]]:
    """The real photographs kept out of training, by set; squashed ones at 4:3, which most photographs are."""
    from .photography import photographs

    sets: dict[str, list[tuple[np.ndarray, list[Box]]]] = {}
    for photograph in photographs(data, validation=True):
        picture, boxes = cv2.cvtColor(photograph.picture, cv2.COLOR_BGR2GRAY), photograph.plates
        if photograph.squashed:
            picture = cv2.resize(picture, (picture.shape[1] * 4 // 3, picture.shape[0]), interpolation=cv2.INTER_LINEAR)
            boxes = [(box[0] * 4 / 3, box[1], box[2] * 4 / 3, box[3]) for box in boxes]
        sets.setdefault(photograph.source, []).append((picture, boxes))
    return sets


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("checkpoint", type=Path, help="or weights (.npz)")
    arguments.add_argument("--data", type=Path, default=Path("../../../shared/data"))
    arguments.add_argument("--scenes", action="store_true", help="the validation scenes too: only for finished models")
    arguments.add_argument("--threshold", type=float, default=THRESHOLD)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    run = torch_map(load(options.checkpoint))
    sets = held_out(options.data) | (scenes(options.data) if options.scenes else {})
    for name, score in measure(run, sets, threshold=options.threshold).items():
        print(f"{name}: {score}", flush=True)


if __name__ == "__main__":
    main()
