"""Trains the detector from nothing, or goes on from its last checkpoint.

    python3 -m detector.train --work /somewhere --data ../../../shared/data --hours 1.5

One thread for the network, processes for the scenes. The work directory holds the bank of plates (bank.npz), the
checkpoint (last.pt) and the log (train.log); started again, the training goes on where it was. ``../recipe.py`` starts it
with the settings of memory and processor that make it several times as fast.
"""
from __future__ import annotations

import argparse
import copy
import dataclasses
import math
import os
import time
from pathlib import Path
from typing import Iterable, Iterator

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import weights

from .evaluate import Score, add, held_out, measure, peaks, torch_map
from .faces import render_bank
from .network import CORNER_UNIT, SIDES, PlateNetwork, Shape
from .scenes import Material, Scene, Scenes
from .targets import BOX, BOX_WEIGHT, CORNER_WEIGHT, CORNERS, NEGATIVE, SCORE, STRIDE, encode

# Height, width and how many a batch: about the same work each. The last is about what the product sees.
CANVASES = ((256, 256, 16), (320, 320, 10), (256, 384, 10), (288, 448, 8), (352, 576, 5))
_WARM_UP = 200  # steps
_LAST_RATE = 0.02  # of the first


class Batches(torch.utils.data.IterableDataset):
    """Batches of scenes: pictures [n, h, w] uint8 and targets [n, 16, h/8, w/8] float32."""

    def __init__(self, material: Material, seed: int, times: int = 1) -> None:
        self._material, self._seed, self._times = material, seed, times

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        seed = self._seed + 1_000_003 * torch.utils.data.get_worker_info().id
        scenes = Scenes(self._material, seed)
        order = np.random.default_rng(seed)
        while True:
            height, width, count = CANVASES[order.integers(len(CANVASES))]
            batch = [scenes.sample(height, width) for _ in range(count * self._times)]
            pictures = np.stack([scene.picture for scene in batch])
            targets = np.stack([encode(scene.plates, scene.unknown, height, width) for scene in batch])
            yield torch.from_numpy(pictures), torch.from_numpy(targets)


class Recent:
    """Batches as they come, each given ``reuse`` times in all: a GPU learns faster than the processor draws. What was given
    once comes again in another light, mixed with up to 64 others."""

    def __init__(self, loader: Iterable[tuple[Tensor, Tensor]], reuse: int, device: torch.device, seed: int) -> None:
        self._loader, self._reuse, self._device = loader, reuse, device
        self._dice = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        held: list[tuple[Tensor, Tensor]] = []
        for batch in self._loader:
            pictures, targets = (part.to(self._device, non_blocking=True) for part in batch)
            held = (held + [(pictures, targets)])[-64:]
            yield pictures.float() / 255, targets
            for _ in range(self._reuse - 1):
                pictures, targets = held[self._dice.integers(len(held))]
                light = torch.from_numpy(self._dice.uniform((0.6, -0.15), (1.3, 0.15), (len(pictures), 2)).astype(np.float32)).to(self._device)
                gain, shift = light[:, 0, None, None], light[:, 1, None, None]
                yield (pictures.float() / 255 * gain + shift).clamp(0, 1), targets


@dataclasses.dataclass
class Losses:
    total: Tensor
    score: float
    box: float
    corner: float


def _complete_iou_loss(p: list[Tensor], t: list[Tensor]) -> Tensor:
    """1 - IoU, plus how far the centres and the aspects differ."""
    both = (torch.min(p[2], t[2]) - torch.max(p[0], t[0])).clamp(0) * (torch.min(p[3], t[3]) - torch.max(p[1], t[1])).clamp(0)
    p_width, p_height, t_width, t_height = p[2] - p[0], p[3] - p[1], t[2] - t[0], t[3] - t[1]
    iou = both / (p_width * p_height + t_width * t_height - both + 1e-6)
    hull_width = torch.max(p[2], t[2]) - torch.min(p[0], t[0])
    hull_height = torch.max(p[3], t[3]) - torch.min(p[1], t[1])
    apart = ((p[0] + p[2] - t[0] - t[2]) ** 2 + (p[1] + p[3] - t[1] - t[3]) ** 2) / 4
    aspect = 4 / math.pi ** 2 * (torch.atan(t_width / t_height.clamp(1e-3)) - torch.atan(p_width / p_height.clamp(1e-3))) ** 2
    with torch.no_grad():
        weight = aspect / (1 - iou + aspect + 1e-6)
    return 1 - iou + apart / (hull_width ** 2 + hull_height ** 2 + 1e-6) + weight * aspect


def losses(raw: Tensor, target: Tensor) -> Losses:
    """Focal loss of the score; complete IoU of the box; smooth distance of the corners in shares of the plate's height."""
    logits, score = raw[:, 0], target[:, SCORE]
    probability = torch.sigmoid(logits)
    centre = score > 0.999
    hits = -((1 - probability) ** 2 * F.logsigmoid(logits))[centre].sum()
    misses = -((1 - score) ** 4 * probability ** 2 * F.logsigmoid(-logits) * target[:, NEGATIVE])[~centre].sum()
    score_loss = (hits + misses) / centre.sum().clamp(1)

    rows, columns = raw.shape[2:]
    x = ((torch.arange(columns, device=raw.device) + 0.5) * STRIDE).expand(raw.shape[0], rows, columns)
    y = ((torch.arange(rows, device=raw.device) + 0.5) * STRIDE)[:, None].expand(raw.shape[0], rows, columns)
    known = target[:, BOX_WEIGHT] > 0
    if not known.any():
        return Losses(score_loss, float(score_loss.detach()), 0.0, 0.0)
    x, y = x[known], y[known]
    weight = target[:, BOX_WEIGHT][known]
    planes = raw.permute(0, 2, 3, 1)[known]
    wanted = target.permute(0, 2, 3, 1)[known]
    sides = torch.exp(planes[:, 1:5].clamp(*SIDES)) * STRIDE
    predicted = [x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]]
    box_loss = (_complete_iou_loss(predicted, list(wanted[:, BOX].T)) * weight).sum() / weight.sum()

    corner_weight = wanted[:, CORNER_WEIGHT]
    quads = wanted[:, CORNERS].reshape(-1, 4, 2)
    height = ((quads[:, 3] - quads[:, 0]).norm(dim=1) + (quads[:, 2] - quads[:, 1]).norm(dim=1)).clamp(12) / 2
    seen = planes[:, 5:13].reshape(-1, 4, 2) * CORNER_UNIT + torch.stack([x, y], 1)[:, None]
    off = (seen - quads) / height[:, None, None]
    distance = F.smooth_l1_loss(off, torch.zeros_like(off), beta=0.1, reduction="none").mean((1, 2))
    corner_loss = (distance * corner_weight).sum() / corner_weight.sum().clamp(1)
    # Where only the box is known, the corners' bounding box should be it.
    hull = torch.cat([seen.amin(1), seen.amax(1)], 1)
    off = (hull - wanted[:, BOX]) / (wanted[:, 5] - wanted[:, 3]).clamp(6)[:, None]
    distance = F.smooth_l1_loss(off, torch.zeros_like(off), beta=0.2, reduction="none").mean(1)
    boxed = weight * (corner_weight == 0)
    corner_loss = corner_loss + 0.15 * (distance * boxed).sum() / boxed.sum().clamp(1)
    return Losses(score_loss + 3 * box_loss + 3 * corner_loss, *(float(part.detach()) for part in (score_loss, box_loss, corner_loss)))


class Log:
    """Lines with the time, on the screen and in a file."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "a", encoding="utf-8")

    def __call__(self, text: str) -> None:
        line = time.strftime("%H:%M:%S ", time.gmtime()) + text
        print(line, flush=True)
        self._file.write(line + "\n")
        self._file.flush()


class Training:
    """The network, its running average and its optimiser, with a place on disk."""

    def __init__(self, path: Path, shape: Shape, rate: float) -> None:
        self._path, self._rate = path, rate
        torch.manual_seed(1)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = PlateNetwork(shape).to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        free = [p for p in self.network.parameters() if p.ndim <= 1]
        self._optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": 0.02}, {"params": free, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.99),
            **({"fused": True} if self.device.type == "cuda" else {}))
        self.samples, self.steps, self.progress = 0, 0, 0.0
        if path.exists():
            self._resume(torch.load(path, map_location=self.device))

    def _resume(self, checkpoint: dict) -> None:
        if Shape(**checkpoint["shape"]) != self.network.shape:
            raise SystemExit(f"{self._path} holds a network of another shape: {checkpoint['shape']}")
        self.network.load_state_dict(checkpoint["network"])
        self.average.load_state_dict(checkpoint["average"])
        self._optimiser.load_state_dict(checkpoint["optimiser"])
        self.samples, self.steps, self.progress = (checkpoint[key] for key in ("samples", "steps", "progress"))

    def save(self) -> None:
        checkpoint = {"shape": dataclasses.asdict(self.network.shape), "network": self.network.state_dict(),
                      "average": self.average.state_dict(), "optimiser": self._optimiser.state_dict(),
                      "samples": self.samples, "steps": self.steps, "progress": self.progress}
        torch.save(checkpoint, self._path.with_suffix(".new"))
        os.replace(self._path.with_suffix(".new"), self._path)

    def step(self, pictures: Tensor, targets: Tensor, progress: float) -> Losses:
        """One batch of pictures [n, h, w], 0 to 1; ``progress`` is 0 at the beginning and 1 at the end."""
        self.progress = progress
        rate = self._rate * min(1.0, (self.steps + 1) / _WARM_UP)
        rate *= _LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * progress))
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self.network.train()
        inputs = pictures[:, None].contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            raw = self.network(inputs)
        result = losses(raw.float(), targets)
        self._optimiser.zero_grad()
        result.total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self.steps += 1
        self.samples += len(pictures)
        keep = min(0.999, (self.steps + 1) / (self.steps + 10))
        with torch.no_grad():
            means, values = (list(network.state_dict().values()) for network in (self.average, self.network))
            floats = [i for i, mean in enumerate(means) if mean.dtype.is_floating_point]
            torch._foreach_mul_([means[i] for i in floats], keep)
            torch._foreach_add_([means[i] for i in floats], [values[i] for i in floats], alpha=1 - keep)
        return result


def _on_rendered(network: PlateNetwork, fixed: list[Scene]) -> Score:
    score, run = Score(), torch_map(network, coarse=True)
    for scene in fixed:
        add(score, peaks(run(scene.picture)), [p.box for p in scene.plates], [p.quad for p in scene.plates])
    return score


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--work", type=Path, required=True, help="directory of the bank, checkpoint and log")
    arguments.add_argument("--data", type=Path, default=Path("../../../shared/data"))
    arguments.add_argument("--fonts", type=Path, default=Path("fonts"), help="fonts of the decoys' lettering")
    arguments.add_argument("--ignore", type=Path,
                           help="where photographs show plates that nobody labelled")
    length = arguments.add_mutually_exclusive_group(required=True)
    length.add_argument("--hours", type=float, help="from now to the end of the schedule")
    length.add_argument("--samples", type=int, help="scenes seen at the end of the schedule")
    arguments.add_argument("--plates", type=int, default=6000, help="rendered plates in the bank")
    arguments.add_argument("--rate", type=float, default=2e-3)
    arguments.add_argument("--start-from", type=Path, help="weights to begin with (weights/detector.npz); default: none")
    arguments.add_argument("--again", action="store_true", help="a new schedule from the checkpoint, from --rate down again")
    arguments.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    arguments.add_argument("--times", type=int, default=1, help="how many times larger batches are than on a CPU")
    arguments.add_argument("--reuse", type=int, default=1, help="times a scene is learnt from")
    arguments.add_argument("--seed", type=int, default=17)
    arguments.add_argument("--check-minutes", type=float, default=12)
    options = arguments.parse_args()

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    options.work.mkdir(parents=True, exist_ok=True)
    log = Log(options.work / "train.log")
    bank = options.work / "bank.npz"
    if not bank.exists():
        render_bank(bank, options.plates, seed=11)
    fonts = sorted(options.fonts.rglob("*-latin-[0-9]*-normal.woff"))
    material = Material(options.data, bank, options.ignore, fonts)
    training = Training(options.work / "last.pt", Shape(), options.rate)
    if options.start_from and training.samples == 0:
        weights.load(training.network, options.start_from)
        weights.load(training.average, options.start_from)
    if options.again:
        training.progress = 0.0
    log(f"parameters {sum(p.numel() for p in training.network.parameters())}, "
        f"photographs {len(material.photographs)}, samples so far {training.samples}, progress {training.progress:.3f}, "
        f"ignored places {sum(len(p.unknown) for p in material.photographs)}, fonts {len(fonts)}")
    if options.samples and training.samples >= options.samples:
        log("nothing to do: the checkpoint has seen as many scenes")
        return
    validation = held_out(options.data)
    fixed_scenes = Scenes(material, seed=2_000_003)
    fixed = [fixed_scenes.sample(320, 320, rendered_only=True) for _ in range(120)]

    def check() -> None:
        training.save()
        network = copy.deepcopy(training.average).cpu()
        real = measure(torch_map(network, coarse=True), validation)
        log("CHECK " + "; ".join(f"{name} {score}" for name, score in real.items()) + f"; rendered {_on_rendered(network, fixed)}")

    begun, from_progress, from_samples = time.time(), training.progress, training.samples
    said = checked = begun
    sums, steps = np.zeros(3), 0
    loader = torch.utils.data.DataLoader(Batches(material, options.seed + training.samples, options.times), batch_size=None, num_workers=options.workers,
                                         prefetch_factor=6)
    for pictures, targets in Recent(loader, options.reuse, training.device, options.seed + training.samples):
        now = time.time()
        share = (now - begun) / (options.hours * 3600) if options.hours else \
            (training.samples - from_samples) / max(1, options.samples - from_samples)
        if share >= 1:
            break
        result = training.step(pictures, targets, from_progress + (1 - from_progress) * share)
        sums += (result.score, result.box, result.corner)
        steps += 1
        if now - said > 120:
            score, box, corner = sums / steps
            log(f"samples {training.samples}, {(training.samples - from_samples) / (now - begun):.1f}/s, "
                f"progress {training.progress:.3f}, score {score:.3f}, box {box:.3f}, corner {corner:.4f}")
            training.save()
            said, sums, steps = now, np.zeros(3), 0
        if now - checked > options.check_minutes * 60:
            check()
            checked = time.time()
    training.progress = 1.0
    check()


if __name__ == "__main__":
    main()
