"""A folder of plate crops that training never saw, with their texts: what calibration measures on.

``python3 held_out.py --data DIR --out DIR`` writes the real crops kept out of training, one cut of each, as loose as a
detector's, and rendered ones in fonts that training never shows, with ``labels.tsv`` (file, text). They are crops: what is
read of them is neither grown beyond the picture nor straightened, so a box reads a little better than this says.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import real
from plates import PlateRenderer
from plates.photograph import Camera, Conditions, edge_errors


def write(data: Path, out: Path, rendered: int, seed: int) -> int:
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, 9))
    rows = ["file\ttext"]
    for i, crop in enumerate(real.crops(data, validation=True)):
        x, y, w, h = crop.box
        left, top, right, bottom = np.array([x, y, x + w, y + h]) + edge_errors(rng) * [-1, -1, 1, 1] * np.array([min(h, 0.4 * w), h, min(h, 0.4 * w), h])
        picture = crop.image[max(0, round(top)):round(bottom), max(0, round(left)):round(right)]
        rows.append(f"{_save(out, f'{crop.set}-{i:04}', picture)}\t{crop.text}")
    # Milder than training: what a camera that was set up by somebody sees.
    camera = Camera(PlateRenderer(seed, strokes=60, validation=True), conditions=Conditions(turned=0.6, blurred=0.7, noisy=0.7, smallest=14))
    for i in range(rendered):
        picture, plate = camera.crop()
        rows.append(f"{_save(out, f'rendered-{i:04}', picture)}\t{plate.text}")
    (out / "labels.tsv").write_text("\n".join(rows) + "\n")
    return len(rows) - 1


def _save(folder: Path, name: str, picture: np.ndarray) -> str:
    if not cv2.imwrite(str(folder / f"{name}.png"), picture):
        raise OSError(f"{name}.png could not be written to {folder}")
    return f"{name}.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rendered", type=int, default=12_000)
    parser.add_argument("--seed", type=int, default=99)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"{write(args.data, args.out, args.rendered, args.seed)} crops in {args.out}")


if __name__ == "__main__":
    main()
