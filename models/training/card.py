"""Pictures of the model card: how far the recogniser's confidence can be believed, and what it gets wrong.

``python3 card.py --work DIR --models DIR [--weights FILE]`` writes ``reliability.svg`` from what ``models calibrate --json`` printed to
``DIR/calibration.json``, and ``failures.png``: rendered plates, in fonts that training never showed, that it misreads.
No real plate is in either.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

import weights
from plates import PlateRenderer
from plates.designs import REGIONS
from plates.photograph import Camera, Conditions
from recogniser.export import WEIGHTS
from recogniser.network import Recogniser, normalise, read_slots, read_steps

SIDE, MARGIN = 300, 46


def reliability(bins: list[dict]) -> str:
    """An SVG: share right against mean confidence, one dot a bin, as large as its number of plates; ideal is the diagonal."""
    at = lambda confidence, right: (MARGIN + confidence * SIDE, MARGIN + (1 - right) * SIDE)
    most = max((b["count"] for b in bins), default=1)
    drawn = [b for b in bins if b["count"] > 0]
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 9 * (b["count"] / most) ** 0.5:.1f}" fill="#1c3f9a" fill-opacity="0.65">'
                   f'<title>{b["count"]} plates: confidence {b["confidence"]:.3f}, right {b["right"]:.3f}</title></circle>'
                   for b in drawn for x, y in [at(b["confidence"], b["right"])])
    line = " ".join(f"{x:.1f},{y:.1f}" for b in drawn for x, y in [at(b["confidence"], b["right"])])
    ticks = "".join(f'<text x="{at(t, 0)[0]:.0f}" y="{MARGIN + SIDE + 16}" text-anchor="middle">{t}</text>'
                    f'<text x="{MARGIN - 8}" y="{at(0, t)[1] + 4:.0f}" text-anchor="end">{t}</text>' for t in (0, 0.25, 0.5, 0.75, 1))
    side = SIDE + 2 * MARGIN
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" font-family="sans-serif" font-size="11" role="img" '
            f'aria-label="Reliability: share of texts that are right against stated confidence">'
            f'<rect width="{side}" height="{side}" fill="white"/>'
            f'<rect x="{MARGIN}" y="{MARGIN}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#999"/>'
            f'<line x1="{MARGIN}" y1="{MARGIN + SIDE}" x2="{MARGIN + SIDE}" y2="{MARGIN}" stroke="#999" stroke-dasharray="4 4"/>'
            f'<polyline points="{line}" fill="none" stroke="#1c3f9a"/>{dots}{ticks}'
            f'<text x="{side / 2}" y="{side - 8}" text-anchor="middle">stated confidence that the whole text is right</text>'
            f'<text x="12" y="{side / 2}" text-anchor="middle" transform="rotate(-90 12 {side / 2})">share that was right</text></svg>\n')


def failures(kept: Path, count: int, seed: int) -> np.ndarray:
    """A sheet of plates that the weights misread: crop, what stands there, what the slots and CTC read."""
    network = Recogniser(len(REGIONS)).eval()
    weights.load(network, kept)
    camera = Camera(PlateRenderer(seed, strokes=60, validation=True), conditions=Conditions(turned=0.8, blurred=0.8, noisy=0.8, smallest=12))
    tiles = []
    while len(tiles) < count:
        crops = [camera.crop() for _ in range(64)]
        pixels = torch.from_numpy(np.stack([picture[..., ::-1] for picture, _ in crops]))
        with torch.no_grad():
            steps, slots, _ = network(normalise(pixels))
        for (picture, plate), slot, step in zip(crops, read_slots(slots), read_steps(steps)):
            if slot != plate.text:
                tile = np.full((64 + 46, 160, 3), 255, np.uint8)
                tile[:64, 16:144] = picture
                for y, text, colour in ((78, plate.text, (0, 0, 0)), (92, slot, (30, 30, 200)), (106, step, (160, 90, 30))):
                    cv2.putText(tile, text, (16, y), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1, cv2.LINE_AA)
                tiles.append(tile)
    columns = 6
    return np.vstack([np.hstack(tiles[i:i + columns]) for i in range(0, count - count % columns, columns)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="what misreads (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=31)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    calibration = json.loads((args.work / "calibration.json").read_text())
    (args.models / "reliability.svg").write_text(reliability(calibration["reliability"]))
    sheet = failures(args.weights, 24, args.seed)
    if not cv2.imwrite(str(args.models / "failures.png"), sheet):
        raise OSError(f"failures.png could not be written to {args.models}")


if __name__ == "__main__":
    main()
