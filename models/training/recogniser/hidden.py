"""Teaches a reader that is done to say when something hides a part of a plate: ``python3 -m recogniser.hidden WEIGHTS --keep FILE --data DATA``.

Such a plate reads like a shorter one, and surely. Only the head that says so learns: what the others say stays as it was, to the bit.
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
from plates.photograph import HEIGHT, WIDTH, Camera

from .network import Recogniser, normalise
from .samples import RealCrops, vary
from .train import WARM_UP, learning_rate

CHUNK = 512
REAL = 64
"""Of each chunk, crops of real plates."""
BATCH = 64
RATE = 2e-3


class Crops:
    """Crops of which something hides a part in one half, whole ones in the other; the same number gives the same crops."""

    def __init__(self, data: Path, texts: Path | None, seed: int, validation: bool = False):
        self._before = real.surroundings(data, 0, 300)
        self._camera = Camera(PlateRenderer(seed, **({"strokes": 60, "validation": True} if validation else {})), self._before)
        self._real = None if validation else RealCrops(data, texts)
        self._seed = seed

    def chunk(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Pictures [512, 64, 128, 3] uint8 BGR, and whether a part is hidden."""
        rng = np.random.default_rng((self._seed, number))
        self._camera.reseed(rng)
        pictures, hidden = np.empty((CHUNK, HEIGHT, WIDTH, 3), np.uint8), np.arange(CHUNK) % 2 == 1
        for i in range(CHUNK):
            if self._real and i < REAL:
                pictures[i] = self._real.sample(rng, self._before if hidden[i] else None)[0]
                continue
            if not hidden[i]:
                plate = self._camera.plate()
            pictures[i] = self._camera.obstructed(plate) if hidden[i] else self._camera.photograph(plate)
        return pictures, hidden


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
    optimiser = torch.optim.AdamW(network.hidden.parameters(), lr=RATE, weight_decay=0.01)
    chunks = math.ceil(args.crops / CHUNK)
    steps, step = chunks * CHUNK // BATCH * args.reuse, 0
    dice = torch.Generator().manual_seed(args.seed)
    of = (args.data, args.texts, args.seed)
    with multiprocessing.Pool(args.renderers, _begin, of) as pool:
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


def measure(network: Recogniser, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """By threshold: the share of whole plates that would not be read, and of hidden ones that would not be taken for whole; in fonts that
    training never shows."""
    crops = Crops(args.data, None, 998, validation=True)
    said: tuple[list[float], list[float]] = ([], [])
    for number in range(4):
        pictures, hidden = crops.chunk(number)
        with torch.no_grad():
            for drawn in np.array_split(np.arange(CHUNK), CHUNK // BATCH):
                for one, is_hidden in zip(torch.sigmoid(says(network, tensor(pictures[drawn]))).flatten().tolist(), hidden[drawn]):
                    said[int(is_hidden)].append(one)
    return {str(at): {"whole": float(np.mean(np.array(said[0]) > at)), "hidden": float(np.mean(np.array(said[1]) > at))} for at in (0.1, 0.3, 0.5, 0.7, 0.9, 0.97)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="weights (.npz)")
    parser.add_argument("--halfway-to", type=Path, help="weights that the training of these began with: teach the mean of both")
    parser.add_argument("--keep", type=Path, required=True, help="where the weights go, with the head that was taught")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds training/")
    parser.add_argument("--texts", type=Path, help="as for recogniser.train")
    parser.add_argument("--crops", type=int, default=61_440)
    parser.add_argument("--reuse", type=int, default=3, help="how often each crop is learned from, changed a little each time")
    parser.add_argument("--seed", type=int, default=96)
    parser.add_argument("--renderers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(args.threads)
    network = train(args)
    weights.save(network, args.keep)
    print(json.dumps({"refused": measure(network, args)}), flush=True)


if __name__ == "__main__":
    main()
