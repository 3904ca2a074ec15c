"""What the recogniser learns from: rendered crops from processes that render ahead, real ones bent anew each time, and the pool
they are drawn from, where each is changed a little at every use."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Callable

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import real
from plates import PlateRenderer
from plates.designs import REGIONS
from plates.optics import Optics
from plates.photograph import HEIGHT, MARGINS, WIDTH, Camera

from .network import ALPHABET, EMPTY, SLOTS, normalise

CHUNK = 1024
SUFFIX = ".chunk"
PHOTOGRAPHS_OF_A_PLATE = 2  # drawing a plate costs as much as photographing it


Crops = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Pictures [n, 64, 128, 3] uint8 BGR, labels [n, 10] uint8 (:func:`label`), regions [n] int16 (−1 = do not learn)."""


def room(count: int) -> Crops:
    return np.empty((count, HEIGHT, WIDTH, 3), np.uint8), np.empty((count, SLOTS), np.uint8), np.empty(count, np.int16)


def label(text: str) -> np.ndarray:
    row = np.full(SLOTS, EMPTY, np.uint8)
    row[:len(text)] = [ALPHABET.index(c) for c in text]
    return row


def region_index(region: str) -> int:
    return REGIONS.index(region) if region in REGIONS else -1


def render(camera: Camera, count: int) -> Crops:
    """``count`` rendered crops."""
    pictures, labels, regions = room(count)
    for i in range(count):
        if i % PHOTOGRAPHS_OF_A_PLATE == 0:
            plate = camera.plate()
        pictures[i] = camera.photograph(plate)
        labels[i], regions[i] = label(plate.text), region_index(plate.region)
    return pictures, labels, regions


def write_chunk(path: Path, crops: Crops) -> None:
    draft = path.with_suffix(".tmp")  # then rename: a half-written chunk is never read
    with open(draft, "wb") as file:
        for part in crops:
            np.save(file, part)
    draft.rename(path)


def render_ahead(work: Path, data: Path, texts: Path | None, seed: int, first: int, step: int, ahead: int, real_crops: int) -> None:
    """Writes chunks ``first``, ``first + step`` … into ``work/chunks``, each from a seed of its own, never more than
    ``ahead`` that nobody has taken. ``real_crops`` of each are of real plates, if there are any."""
    cv2.setNumThreads(1)
    folder = work / "chunks"
    folder.mkdir(parents=True, exist_ok=True)
    camera, crops = Camera(PlateRenderer(seed), real.surroundings(data, 0)), RealCrops(data, texts)
    from_photographs = real_crops if len(crops) else 0
    parent = os.getppid()
    number = first
    while os.getppid() == parent:
        if len(list(folder.glob("*" + SUFFIX))) >= ahead:
            time.sleep(0.5)
            continue
        rng = np.random.default_rng((seed, number))
        camera.reseed(rng)
        rendered, (pictures, labels, regions) = render(camera, CHUNK - from_photographs), room(from_photographs)
        for i in range(from_photographs):
            pictures[i], labels[i], regions[i] = crops.sample(rng)
        write_chunk(chunk_path(folder, number), tuple(np.concatenate(parts) for parts in zip(rendered, (pictures, labels, regions))))
        number += step


def chunk_path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}{SUFFIX}"


class Chunks:
    """Chunks from disk in their order; chunk k is taken when its turn comes. A file holds pictures, labels and regions, one after the
    other, each as numpy writes an array."""

    def __init__(self, work: Path, first: int = 0):
        self._folder, self.next = work / "chunks", first

    def waiting(self) -> bool:
        return self._path.exists()

    def take(self, rendering: Callable[[], bool]) -> Crops:
        """Waits for the next chunk as long as ``rendering()`` says that somebody makes it."""
        path = self._path
        while not path.exists():
            if not rendering():
                raise RuntimeError("a renderer has stopped; what it said last stands above")
            time.sleep(0.2)
        with open(path, "rb") as file:
            pictures, labels, regions = (np.load(file) for _ in range(3))
        path.unlink()
        self.next += 1
        return pictures, labels, regions

    @property
    def _path(self) -> Path:
        return chunk_path(self._folder, self.next)


class Pool:
    """The newest ``most`` chunks in the memory of the device that trains, and batches drawn from them at random."""

    def __init__(self, most: int, seed: int, device: torch.device):
        self._most, self._seed, self._taken = most * CHUNK, seed, 0
        self._lengths = torch.empty(self._most, dtype=torch.int64)
        self._pictures = torch.empty((self._most, HEIGHT, WIDTH, 3), dtype=torch.uint8, device=device)
        self._labels = torch.empty((self._most, SLOTS), dtype=torch.uint8, device=device)
        self._regions = torch.empty(self._most, dtype=torch.int64, device=device)

    def __len__(self) -> int:
        return min(self._taken, self._most)

    def add(self, pictures: np.ndarray, labels: np.ndarray, regions: np.ndarray) -> None:
        at = self._taken % self._most
        part = slice(at, at + CHUNK)
        self._pictures[part].copy_(torch.from_numpy(pictures))
        self._labels[part].copy_(torch.from_numpy(labels))
        self._regions[part].copy_(torch.from_numpy(regions.astype(np.int64)))
        self._lengths[part].copy_(torch.from_numpy((labels != EMPTY).sum(1)))
        self._taken += CHUNK

    def batch(self, step: int, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the network takes, labels, regions and, in the processor's memory, the texts' lengths; what is drawn follows from the seed,
        the step and the chunks held."""
        device, seed = self._pictures.device, self._seed * 1_000_003 + step
        drawn = torch.randint(len(self), (count,), generator=torch.Generator().manual_seed(seed))
        which, dice = drawn.to(device, non_blocking=True), torch.Generator(device).manual_seed(seed)
        pixels = normalise(self._pictures[which].flip(-1))  # BGR to RGB
        coarse = HEIGHT * 9 // 20 + step % (HEIGHT // 2)
        return vary(pixels, coarse, dice).contiguous(memory_format=torch.channels_last), self._labels[which].long(), self._regions[which], self._lengths[drawn]


def vary(pixels: Tensor, coarse: int, dice: torch.Generator) -> Tensor:
    """Normalised crops [n, 3, 64, 128] in random order, seen once more: bent a little, in other light, an eighth as coarse as
    ``coarse`` rows, an eighth noisier. So a rendered crop can be used several times."""
    n, device = pixels.shape[0], pixels.device

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=dice, device=device)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(shape, generator=dice, device=device)

    bent = (uniform(0, 1, n, 1) < 0.7).float()
    lean, fall = 0.03 * normal(2, n, 1) * bent
    view = torch.stack([torch.cat([1 + 0.04 * normal(n, 1) * bent, lean * HEIGHT / WIDTH, normal(n, 1) * bent * 4 / WIDTH], 1),
                        torch.cat([0.5 * fall * WIDTH / HEIGHT, 1 + 0.05 * normal(n, 1) * bent, normal(n, 1) * bent * 3 / HEIGHT], 1)], 1)
    pixels = F.grid_sample(pixels, F.affine_grid(view, list(pixels.shape), align_corners=False), padding_mode="border", align_corners=False)
    few = max(1, n // 8)
    smaller = F.interpolate(pixels[:few], size=(coarse, 2 * coarse), mode="bilinear", align_corners=False)
    pixels[:few] = F.interpolate(smaller, size=(HEIGHT, WIDTH), mode="bilinear", align_corners=False)
    pixels = pixels * uniform(0.75, 1.25, n, 3, 1, 1) + 0.15 * normal(n, 1, 1, 1)
    pixels[-few:] += uniform(0.02, 0.2, few, 1, 1, 1) * normal(few, *pixels.shape[1:])
    return pixels


class RealCrops:
    """Real plates for training, by :data:`real.SHARES`."""

    def __init__(self, data: Path, texts: Path | None = None):
        crops = real.crops(data, validation=False, more=real.more_texts(texts))
        self._sets = {name: [c for c in crops if c.set == name] for name in real.SHARES}
        self._sets = {name: kept for name, kept in self._sets.items() if kept}
        shares = np.array([real.SHARES[name] for name in self._sets])
        self._shares = shares / max(1e-9, shares.sum())
        self._names = list(self._sets)
        # Milder: real photographs have their own blur and noise.
        self._optics = Optics(np.random.default_rng(0), blurred=0.5, noisy=0.5)

    def __len__(self) -> int:
        return sum(map(len, self._sets.values()))

    def sample(self, rng: np.random.Generator):
        """A crop (uint8 BGR), its label and its region."""
        crops = self._sets[self._names[int(rng.choice(len(self._names), p=self._shares))]]
        crop = crops[int(rng.integers(len(crops)))]
        _, _, w, h = crop.box
        left, top, right, bottom = real.loosened(crop.box, rng) + rng.uniform(*MARGINS) * np.array([-w, -h, w, h])
        quad = np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])
        centre = quad.mean(0)
        angle = np.radians(rng.normal() * 4 if rng.random() < 0.85 else rng.uniform(-15, 15))
        turn = np.float32([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        # Turn in the plate's own proportions, not in those of a squashed photograph.
        stretch = np.float32([2.5 * h / w, 1]) if w / h < 2 and crop.set.startswith("oid") else np.float32([1, 1])
        quad = ((quad - centre) * stretch @ turn.T) / stretch + centre + rng.normal(size=(4, 2)).astype(np.float32) * h * 0.02
        rows = int(h) if rng.random() < 0.6 else int(h * rng.uniform(0.35, 1))
        rows = int(np.clip(rows, 14, 120))
        columns = int(np.clip(rows * 2.2, 40, 260))
        view = cv2.getPerspectiveTransform(quad.astype(np.float32), np.float32([[0, 0], [columns, 0], [columns, rows], [0, rows]]))
        picture = cv2.warpPerspective(crop.image, view, (columns, rows), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        if rng.random() < 0.6:
            self._optics.rng = rng
            picture = self._optics.develop(picture)
        return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), label(crop.text), region_index(crop.region if crop.region != "unknown" else "")


def main() -> None:
    parser = argparse.ArgumentParser(description="Renders crops ahead of the training that takes them.")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--ahead", type=int, default=24)
    parser.add_argument("--real-crops", type=int, required=True)
    render_ahead(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
