"""Plates whose text the sets leave blank although a person can read it: ``python3 unread.py --data DIR --out DIR``.

Writes contact sheets (``sheet-0.png`` …) of those plates of the training photographs, numbered, and ``texts.tsv`` with a line for each: write
into its column ``text`` what stands there, leave it empty where nobody can tell, and give the file to ``recogniser.train --texts``. Both
show real plates: they do not belong into the project.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import real

LEAST_WIDTH, LEAST_HEIGHT = 20, 12  # pixels
TILE, ACROSS, DOWN = (200, 100), 8, 10


def blank(data: Path) -> list[tuple[real.Photograph, real.RealPlate]]:
    """Plates of the training photographs of the sets that people labelled; the Romanian one was labelled by machine, a few cars over and over."""
    return [(photograph, plate) for photograph in real.photographs(data, validation=False) if photograph.set != "romania"
            for plate in photograph.plates if not plate.text and plate.box[2] >= LEAST_WIDTH and plate.box[3] >= LEAST_HEIGHT]


def tile(photograph: real.Photograph, plate: real.RealPlate, number: int) -> np.ndarray:
    picture = cv2.imread(str(photograph.path))
    if picture is None:
        raise OSError(f"{photograph.path} cannot be read")
    x, y, w, h = plate.box
    cut = picture[max(0, int(y - 0.1 * h)):int(y + 1.1 * h), max(0, int(x - 0.05 * w)):int(x + 1.05 * w)]
    drawn = cv2.resize(cut, TILE, interpolation=cv2.INTER_CUBIC)
    return cv2.putText(drawn, str(number), (2, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 255), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    plates = blank(args.data)
    for first in range(0, len(plates), ACROSS * DOWN):
        tiles = [tile(*plates[i], i) if i < len(plates) else np.zeros((*TILE[::-1], 3), np.uint8) for i in range(first, first + ACROSS * DOWN)]
        rows = [np.hstack(tiles[i:i + ACROSS]) for i in range(0, len(tiles), ACROSS)]
        sheet = args.out / f"sheet-{first // (ACROSS * DOWN)}.png"
        if not cv2.imwrite(str(sheet), np.vstack(rows)):
            raise OSError(f"{sheet} cannot be written")
    lines = [f"{photograph.path.name}\t{plate.box[0]!r}\t{plate.box[1]!r}\t\t{i}" for i, (photograph, plate) in enumerate(plates)]
    (args.out / "texts.tsv").write_text("\n".join(["file\tx\ty\ttext\tnumber", *lines]) + "\n")
    print(f"{len(plates)} plates without a text in {args.out}")


if __name__ == "__main__":
    main()
