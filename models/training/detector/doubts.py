"""Finds plates in the training photographs that nobody labelled, so that a training does not teach to overlook them.

    python3 -m detector.doubts /somewhere/last.pt /somewhere/unlabelled.tsv --data ../../../shared/data [--sheet doubts.png]

An earlier state of the same detector looks at every photograph; what it takes for a plate outside the labels
is written down and ignored from then on: it neither is a plate nor is it none. --sheet draws the finds for a person, whose
objections (numbers of the sheet) are left out with --not.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

from .evaluate import Map, detect, load, torch_map
from .geometry import Box, overlap
from .photography import Photograph, photographs

_AREA = (768, 432)


def finds(run: Map, photograph: Photograph, threshold: float) -> list[tuple[Box, float]]:
    """Boxes and scores of what looks like a plate and has no label."""
    grey, squeeze = cv2.cvtColor(photograph.picture, cv2.COLOR_BGR2GRAY), 1.0
    if photograph.squashed:
        squeeze = 4 / 3
        grey = cv2.resize(grey, (round(grey.shape[1] * squeeze), grey.shape[0]))
    found: list[tuple[Box, float]] = []
    for detection in detect(run, grey, _AREA, threshold):
        left, top, right, bottom = detection.box
        box = (left / squeeze, top, right / squeeze, bottom)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        known = any(overlap(box, plate) > 0.1 or (plate[0] < middle[0] < plate[2] and plate[1] < middle[1] < plate[3])
                    for plate in photograph.plates)
        if not known and all(overlap(box, other) < 0.3 for other, _ in found):
            found.append((box, detection.score))
    return found


def _cut(photograph: Photograph, box: Box) -> np.ndarray:
    """The find and its neighbourhood, framed."""
    left, top, right, bottom = box
    middle_x, middle_y, reach = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * 1.1
    height, width = photograph.picture.shape[:2]
    x0, y0 = max(0, int(middle_x - reach)), max(0, int(middle_y - reach * 0.6))
    x1, y1 = min(width, int(middle_x + reach) + 1), min(height, int(middle_y + reach * 0.6) + 1)
    picture = cv2.resize(photograph.picture[y0:y1, x0:x1], (150, 90))
    scale = 150 / max(1, x1 - x0), 90 / max(1, y1 - y0)
    cv2.rectangle(picture, (int((left - x0) * scale[0]), int((top - y0) * scale[1])),
                  (int((right - x0) * scale[0]), int((bottom - y0) * scale[1])), (0, 255, 0), 1)
    return picture


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("checkpoint", type=Path)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--data", type=Path, default=Path("../../../shared/data"))
    arguments.add_argument("--sets", nargs="*", help="only these sets")
    arguments.add_argument("--threshold", type=float, default=0.3)
    arguments.add_argument("--sheet", type=Path)
    arguments.add_argument("--not", type=int, nargs="*", default=[], dest="objections")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    run = torch_map(load(options.checkpoint), coarse=True)
    lines, cuts = [], []
    for photograph in photographs(options.data, validation=False):
        if options.sets and photograph.source not in options.sets:
            continue
        for box, score in finds(run, photograph, options.threshold):
            left, top, right, bottom = box
            lines.append(f"{photograph.name}\t{left:.0f}\t{top:.0f}\t{right - left:.0f}\t{bottom - top:.0f}\t{score:.2f}")
            cut = _cut(photograph, box)
            cv2.putText(cut, f"{len(cuts)} {score:.2f}", (2, 12), cv2.FONT_HERSHEY_PLAIN, 0.9, (0, 255, 255), 1)
            cuts.append(cut)
    kept = [line for number, line in enumerate(lines) if number not in set(options.objections)]
    options.file.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(len(kept), "places written,", len(lines) - len(kept), "left out")
    if options.sheet and cuts:
        cuts += [np.zeros_like(cuts[0])] * (-len(cuts) % 12)
        cv2.imwrite(str(options.sheet), np.vstack([np.hstack(cuts[i:i + 12]) for i in range(0, len(cuts), 12)]))


if __name__ == "__main__":
    main()
