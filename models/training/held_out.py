"""A folder of plates that training never saw, with their boxes and texts: what calibration measures on.

``python3 held_out.py --data DIR --out DIR`` writes the real plates kept out of training and, in places of such, rendered ones in fonts that
training never shows, each with some of its surroundings, since the product also looks beyond the box; ``labels.tsv`` (file, x, y, width, height,
text) gives each a box as loose as a detector's. Real ones are not straightened, for want of corners, and rendered ones blurred by the size
of the whole picture, up to 1.4 times what a crop's would be: the product reads a little better than this says.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import real
from plates import PlateRenderer
from plates.photograph import Conditions
from plates.view import Views

MARGIN = 0.2
"""Of a rendered crop's size, on every side: more than the widest crop (``recogniser.hidden.AROUND``)."""


def write(data: Path, out: Path, rendered: int, seed: int, texts: Path | None = None) -> int:
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng((seed, 9))
    rows = ["file\tx\ty\twidth\theight\ttext"]
    for i, crop in enumerate(real.crops(data, validation=True, more=real.more_texts(texts))):
        left, top, right, bottom = real.loosened(crop.box, rng)
        rows.append(_row(_save(out, f"{crop.set}-{i:04}", crop.image), (left, top, right - left, bottom - top), crop.text))
    # Milder than training: what a camera that was set up by somebody sees.
    views = Views(PlateRenderer(seed, strokes=60, validation=True), real.sites(data, validation=True), conditions=Conditions(turned=0.6, blurred=0.7, noisy=0.7, smallest=14))
    for i in range(rendered):
        plate = views.plate()
        picture, box = views.surrounded(plate, MARGIN)
        rows.append(_row(_save(out, f"rendered-{i:04}", picture), box, plate.text))
    (out / "labels.tsv").write_text("\n".join(rows) + "\n")
    return len(rows) - 1


def _row(file: str, box: tuple[float, float, float, float], text: str) -> str:
    return "\t".join([file, *(f"{side:.2f}" for side in box), text])


def _save(folder: Path, name: str, picture: np.ndarray) -> str:
    if not cv2.imwrite(str(folder / f"{name}.png"), picture):
        raise OSError(f"{name}.png could not be written to {folder}")
    return f"{name}.png"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rendered", type=int, default=48_000)
    parser.add_argument("--seed", type=int, default=99)
    parser.add_argument("--texts", type=Path, help="what training was told besides (real.more_texts): plates with these texts are left out")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"{write(args.data, args.out, args.rendered, args.seed, args.texts)} plates in {args.out}")


if __name__ == "__main__":
    main()
