"""Teaches a reader that is done to say when something hides a part of a plate: ``python3 -m recogniser.hidden WEIGHTS --keep FILE --data DATA``.

Such a plate reads like a shorter one, and surely. A crop seldom shows it: the finder boxes what it sees of the plate. So this is seen in a crop of its own,
wider than what is read (:data:`AROUND`). Only the head that says so learns: what the others say stays as it was, to the bit.
Taught together with them, as a plate that reads as nothing, it cost 3.6 of 100 whole plates (``../README.md``).
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import real
import weights
from plates import PlateRenderer
from plates.designs import REGIONS
from plates.photograph import HEIGHT, WIDTH
from plates.view import Site, Views

from .network import Recogniser, normalise
from .samples import vary
from .train import WARM_UP, learning_rate

AROUND = 0.15
"""By what share of the box's size the crop is wider on every side."""
CHUNK = 512
BATCH = 64
RATE = 2e-3
BARRED = (0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


class Crops:
    """Wide crops of plates of which something hides a part in one half, whole ones in the other; the same number gives the same crops."""

    def __init__(self, data: Path, seed: int, validation: bool = False):
        renderer = PlateRenderer(seed, **({"strokes": 60, "validation": True} if validation else {}))
        self._views, self._seed = Views(renderer, real.sites(data, validation), real.surroundings(data, 0)), seed

    def chunk(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Pictures [512, 64, 128, 3] uint8 BGR, and whether a part is hidden."""
        self._views.reseed(np.random.default_rng((self._seed, number)))
        hidden = np.arange(CHUNK) % 2 == 1
        return np.stack([self._views.view(bool(one), AROUND) for one in hidden]), hidden


_crops: Crops


def _begin(*of) -> None:
    global _crops
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    _crops = Crops(*of)


def _chunk(number: int) -> tuple[np.ndarray, np.ndarray]:
    return _crops.chunk(number)


def says(network: Recogniser, pixels: torch.Tensor) -> torch.Tensor:
    """Logits [n, 1] that something hides a part, of normalised crops; only the head for it is taught."""
    with torch.no_grad(), torch.autocast(pixels.device.type, torch.bfloat16):
        grid = network.trunk(pixels)
        tokens = network.mix(grid)
    return network.hidden(grid.float(), tokens.float())


def tensor(pictures: np.ndarray) -> torch.Tensor:
    return normalise(torch.from_numpy(np.ascontiguousarray(pictures[..., ::-1])))


def train(args: argparse.Namespace) -> Recogniser:
    torch.manual_seed(args.seed)
    network = Recogniser(len(REGIONS)).eval()
    weights.load(network, args.trained, without="hidden.")
    if args.halfway_to:
        weights.halfway(network, args.halfway_to, without="hidden.")
    optimiser = torch.optim.AdamW(network.hidden.parameters(), lr=RATE, weight_decay=0.02)
    chunks = math.ceil(args.crops / CHUNK)
    steps, step = chunks * CHUNK // BATCH * args.reuse, 0
    dice = torch.Generator().manual_seed(args.seed)
    with multiprocessing.Pool(args.renderers, _begin, (args.data, args.seed)) as pool:
        for number, (pictures, hidden) in enumerate(pool.imap(_chunk, range(chunks))):
            mean = 0.0
            for _ in range(args.reuse):
                for drawn in torch.randperm(CHUNK, generator=dice).split(BATCH):
                    optimiser.param_groups[0]["lr"] = learning_rate(step / steps, WARM_UP, RATE)  # so few weights need no warm-up
                    pixels = vary(tensor(pictures[drawn]), HEIGHT * 9 // 20 + step % (HEIGHT // 2), dice)
                    error = F.binary_cross_entropy_with_logits(says(network, pixels).flatten(), torch.from_numpy(hidden[drawn]).float())
                    optimiser.zero_grad()
                    error.backward()
                    optimiser.step()
                    step, mean = step + 1, mean + error.item()
            print(json.dumps({"chunk": number + 1, "of": chunks, "loss": round(mean * BATCH / CHUNK / args.reuse, 4)}), flush=True)
    return network


def barred(site: Site, share: float, first: bool, rng: np.random.Generator) -> np.ndarray:
    """The wide crop of a real plate with a grey bar over a share of it at one end, and of a finder's box that ends at the bar; without one for a
    share of 0. As the product crops: as far as the picture goes."""
    picture, (x, y, width, height) = site.picture.copy(), site.box
    begin, end = (x + share * width, x + width) if first else (x, x + (1 - share) * width)
    if share:
        bar = (x - 1, begin) if first else (end, x + width + 1)
        cv2.rectangle(picture, (int(bar[0]), int(y - height)), (int(bar[1]), int(y + 2 * height)), [int(rng.choice((90, 128, 160)))] * 3, -1)
    left, top, right, bottom = real.loosened((begin, y, end - begin, height), rng)
    beside, above = AROUND * (right - left), AROUND * (bottom - top)
    rows, columns = picture.shape[:2]
    left, right = (int(np.clip(round(at), 0, columns)) for at in (left - beside, right + beside))
    top, bottom = (int(np.clip(round(at), 0, rows)) for at in (top - above, bottom + above))
    return cv2.resize(picture[top:max(bottom, top + 1), left:max(right, left + 1)], (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)


def measure(network: Recogniser, data: Path) -> dict[str, dict[str, float]]:
    """By threshold: the share that is taken for hidden in part, of whole and hidden views (half of them of the real plates kept out, half rendered in
    fonts and places that training never shows), and of the real ones kept out by what share of them a bar hides."""
    crops, rng = Crops(data, 998, validation=True), np.random.default_rng(7)
    pictures, hidden = (np.concatenate(parts) for parts in zip(*map(crops.chunk, range(4))))
    kinds = {"whole": pictures[~hidden], "hidden": pictures[hidden]}
    plates = [site for site in real.sites(data, validation=True) if site.weight]
    for share in BARRED:
        bars = [barred(site, share, first, rng) for site in plates for first in (True, False)[:2 if share else 1]]
        kinds[f"bar over {share:g}"] = np.reshape(bars, (-1, HEIGHT, WIDTH, 3)).astype(np.uint8)
    with torch.no_grad():
        said = {kind: torch.cat([torch.sigmoid(says(network, tensor(of[i:i + BATCH]))) for i in range(0, len(of), BATCH)]) for kind, of in kinds.items() if len(of)}
    return {str(at): {kind: round(float((of > at).float().mean()), 4) for kind, of in said.items()} for at in (0.5, 0.7, 0.8, 0.9, 0.95)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="weights (.npz)")
    parser.add_argument("--halfway-to", type=Path, help="weights that the training of these began with: teach the mean of both")
    parser.add_argument("--keep", type=Path, help="where the weights go, with the head that was taught; without it the head that is there is measured")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds training/")
    parser.add_argument("--crops", type=int, default=76_800)
    parser.add_argument("--reuse", type=int, default=3, help="how often each crop is learned from, changed a little each time")
    parser.add_argument("--seed", type=int, default=96)
    parser.add_argument("--renderers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.halfway_to and not args.keep:
        parser.error("--halfway-to is of a head that is taught: say where it goes (--keep)")
    cv2.setNumThreads(1)
    torch.set_num_threads(args.threads)
    if args.keep:
        real.sites(args.data, validation=False)  # said here, where it ends the program, if there is none
        network = train(args)
        weights.save(network, args.keep)
    else:
        network = Recogniser(len(REGIONS)).eval()
        weights.load(network, args.trained)
    print(json.dumps({"taken for hidden": measure(network, args.data)}), flush=True)


if __name__ == "__main__":
    main()
