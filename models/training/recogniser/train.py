"""Trains the recogniser from nothing, or goes on where it was stopped: ``python3 -m recogniser.train --work DIR``.

What a run by ``--samples`` sees follows from its seed and their number, not from the machine's speed; one that was stopped and
goes on starts with a smaller pool of rendered crops. A run by ``--minutes`` takes what is rendered as it comes and learns meanwhile.
The checkpoint in the work directory is written every few minutes, the weights (``recogniser.npz``) at the end.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch

import real
import weights
from onnx_file import sha256
from plates import PlateRenderer
from plates.designs import REGIONS
from plates.photograph import HEIGHT, WIDTH, Camera

from .network import ALPHABET, EMPTY, Recogniser, loss, normalise, read_slots, read_steps
from .samples import CHUNK, Chunks, Pool, render

WARM_UP = 800  # steps
EMA = 0.999
KEPT = "recogniser.npz"
"""Of a training that is done: its average as weights that anybody may load."""


def learning_rate(progress: float, step: int, peak: float) -> float:
    """Warm-up, then half a cosine to 2 % of the peak."""
    return peak * min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, progress))))


class Validation:
    """Real crops kept out of training, by set, each cut several times as loosely as a detector would, and rendered ones in fonts that
    training never shows."""

    CUTS = 6

    def __init__(self, data: Path, work: Path, texts: Path | None = None):
        self._sets: dict[str, tuple[torch.Tensor, list[str]]] = {}
        crops, rng = real.crops(data, validation=True, more=real.more_texts(texts)), np.random.default_rng(7)
        for name in sorted({c.set for c in crops}):
            kept = [c for c in crops if c.set == name]
            pictures = []
            for crop in kept * self.CUTS:
                left, top, right, bottom = real.loosened(crop.box, rng)
                cut = crop.image[max(0, round(top)):round(bottom), max(0, round(left)):round(right)]
                pictures.append(cv2.resize(cut, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR))
            self._sets[name] = (_tensor(np.stack(pictures)), [c.text for c in kept] * self.CUTS)
        rendered = work / "validation.npz"
        if not rendered.exists():
            pictures, labels, _ = render(Camera(PlateRenderer(999, strokes=60, validation=True), real.surroundings(data, 0)), CHUNK // 2)
            np.savez(rendered, pictures=pictures, labels=labels)
        with np.load(rendered) as file:
            texts = ["".join(ALPHABET[c] for c in row if c != EMPTY) for row in file["labels"]]
            self._sets["rendered"] = (_tensor(file["pictures"]), texts)

    def score(self, network: Recogniser, device) -> dict[str, dict[str, float]]:
        """By set: cuts, share read exactly by the slots, by CTC, and where both agree how many and how many right."""
        network.eval()
        scores = {}
        for name, (pictures, texts) in self._sets.items():
            slots, steps = [], []
            with torch.no_grad():
                for i in range(0, len(texts), 256):
                    ctc, plate, _ = network(normalise(pictures[i:i + 256].to(device)).contiguous(memory_format=torch.channels_last))
                    steps += read_steps(ctc)
                    slots += read_slots(plate)
            count = len(texts)
            agreed = [(s, t) for s, c, t in zip(slots, steps, texts) if s == c]
            scores[name] = {"plates": count, "slots": sum(a == b for a, b in zip(slots, texts)) / count,
                            "ctc": sum(a == b for a, b in zip(steps, texts)) / count, "agree": len(agreed) / count,
                            "right of agreed": sum(a == b for a, b in agreed) / max(1, len(agreed))}
        return scores


def _tensor(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures[..., ::-1]))  # BGR to RGB


def train(args: argparse.Namespace) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cudnn.benchmark = args.minutes is not None  # which kernels are fastest, the clock says
    keep = args.keep or (_room(device) if args.minutes else 120)
    if keep < args.fill:
        raise SystemExit(f"--keep: {keep} chunks of 24 MB are fewer than the {args.fill} of --fill that the first step waits for")
    args.work.mkdir(parents=True, exist_ok=True)
    network = Recogniser(len(REGIONS)).to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(network).eval().requires_grad_(False)
    decayed = [p for n, p in network.named_parameters() if p.ndim > 1 and "place" not in n and n != "query"]
    others = [p for n, p in network.named_parameters() if not (p.ndim > 1 and "place" not in n and n != "query")]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.03}, {"params": others, "weight_decay": 0}], lr=args.peak, betas=(0.9, 0.98),
                                  **({"fused": True} if device.type == "cuda" else {}))
    step, progress, taken, began_with = 0, 0.0, 0, sha256(args.start_from) if args.start_from else ""
    checkpoint = args.work / "recogniser.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device)
        try:
            network.load_state_dict(state["network"]), average.load_state_dict(state["average"]), optimiser.load_state_dict(state["optimiser"])
        except RuntimeError:
            raise SystemExit(f"{checkpoint} holds a network of another shape: an earlier recipe's; give another --work") from None
        step, progress, taken = state["step"], state["progress"], state["chunks"]
        if state["began"] != began_with:
            raise SystemExit(f"{checkpoint} did not begin with {args.start_from or 'nothing'} (--start-from): give another --work")
        if progress >= 1:
            print(f"{checkpoint} is done: another --work learns more, from {KEPT} of this one with --start-from", flush=True)
    elif args.start_from:
        weights.load(network, args.start_from)
        weights.load(average, args.start_from)
    chunk_every = CHUNK * args.reuse / args.batch  # steps a chunk lasts
    due = lambda at: args.fill + int(at / chunk_every)
    first = taken if args.minutes else due(step) - args.fill  # by samples the pool begins with what it held last
    renderers = []
    if args.renderers:
        for stale in (args.work / "chunks").glob("*"):
            stale.unlink()
        renderers = [subprocess.Popen([sys.executable, "-m", "recogniser.samples", "--work", args.work, "--data", args.data, "--seed", str(args.seed),
                                       "--first", str(first + i), "--step", str(args.renderers), "--ahead", "24", "--real-crops", str(args.real_crops),
                                       *(("--texts", args.texts) if args.texts else ())])
                     for i in range(args.renderers)]
    log = open(args.work / "recogniser.log", "a", buffering=1)

    def say(**fields):
        line = json.dumps({"time": time.strftime("%H:%M:%S"), **fields})
        print(line, flush=True)
        log.write(line + "\n")

    def save():
        draft = checkpoint.with_suffix(".tmp")
        torch.save({"network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
                    "progress": progress, "chunks": chunks.next, "began": began_with}, draft)
        draft.rename(checkpoint)

    def rendering() -> bool:
        return all(renderer.poll() is None for renderer in renderers)

    try:
        validation = Validation(args.data, args.work, args.texts)
        chunks, pool = Chunks(args.work, first), Pool(keep, args.seed, device)
        say(parameters=sum(p.numel() for p in network.parameters()), device=str(device), keep=keep, step=step, progress=progress)
        began = evaluated = time.monotonic()
        sums, forward = torch.zeros(3, device=device), None
        at_start, progress_at_start = step, progress
        while progress < 1:
            # By samples, a chunk lasts as many steps as it is reused; against the clock, chunks are taken as they come.
            while chunks.next - first < args.fill or (chunks.waiting() if args.minutes else chunks.next < due(step)):
                pool.add(*chunks.take(rendering))
            rate = learning_rate(progress, step, args.peak)
            for group in optimiser.param_groups:
                group["lr"] = rate
            pixels, labels, regions, lengths = pool.batch(step, args.batch)
            with torch.autocast(device.type, torch.bfloat16, cache_enabled=False):
                if forward is None:
                    forward = _recorded(network.train(), pixels)
                heads = forward(pixels)
            losses = loss(*heads, labels, regions, lengths)
            total = losses[0] + losses[1] + 0.1 * losses[2]
            optimiser.zero_grad(set_to_none=True)
            total.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 3.0)
            optimiser.step()
            step += 1
            share = (time.monotonic() - began) / (60 * args.minutes) if args.minutes else (step - at_start) / max(1, args.samples // args.batch - at_start)
            progress = min(1.0, progress_at_start + (1 - progress_at_start) * share)
            _average(average, network, min(EMA, (1 + step) / (20 + step)))
            sums += torch.stack(losses).detach()
            if step % 200 == 0:
                ctc, slots, region = (sums / 200).tolist()
                say(step=step, progress=round(progress, 3), rate=float(f"{rate:.2e}"), ctc=round(ctc, 4), slots=round(slots, 4), region=round(region, 3),
                    per_second=round((step - at_start) * args.batch / (time.monotonic() - began)), chunks=chunks.next)
                sums.zero_()
            if time.monotonic() - evaluated > args.every * 60 or progress >= 1:
                save()
                scores = validation.score(average, device)
                say(step=step, scores={name: {k: round(v, 4) for k, v in s.items()} for name, s in scores.items()})
                evaluated = time.monotonic()
        if not (args.work / KEPT).exists():
            draft = args.work / ("draft-" + KEPT)
            weights.save(average, draft)
            draft.rename(args.work / KEPT)
    finally:
        for renderer in renderers:
            renderer.terminate()


def _room(device: torch.device) -> int:
    """Chunks that a GPU has room for beside a batch of 1,024 and what is recorded of it, for which 10 GB are left."""
    return int((torch.cuda.mem_get_info(device)[0] - 10e9) / (CHUNK * HEIGHT * WIDTH * 3)) if device.type == "cuda" else 120


def _recorded(network: torch.nn.Module, pixels: torch.Tensor) -> torch.nn.Module:
    """The network, on a GPU with its kernels recorded once and from then on started together: one by one, starting them takes longer
    than the arithmetic. For batches of this size only."""
    return torch.cuda.make_graphed_callables(network, (pixels,)) if pixels.is_cuda else network


@torch.no_grad()
def _average(average: torch.nn.Module, network: torch.nn.Module, keep: float) -> None:
    torch._foreach_mul_(list(average.parameters()), keep)
    torch._foreach_add_(list(average.parameters()), list(network.parameters()), alpha=1 - keep)
    for mine, theirs in zip(average.buffers(), network.buffers()):
        if mine.dtype.is_floating_point:
            mine.mul_(keep).add_(theirs, alpha=1 - keep)
        else:
            mine.copy_(theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="checkpoints, logs, rendered chunks")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds training/")
    parser.add_argument("--texts", type=Path, help="texts that the sets leave blank, read by eye since (real.more_texts); default: none")
    parser.add_argument("--start-from", type=Path, help="weights to begin with (weights/recogniser.npz); default: none")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--samples", type=int, default=2_228_000, help="crops to learn from, in all")
    length.add_argument("--minutes", type=float, help="from now to the end of the schedule, with whatever is rendered by then")
    parser.add_argument("--batch", type=int, default=64, help="crops a step")
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--reuse", type=float, default=2.5, help="times a rendered crop is used, on average")
    parser.add_argument("--real-crops", type=int, default=80, choices=range(CHUNK + 1), metavar="N", help=f"crops of real plates in a chunk of {CHUNK}")
    parser.add_argument("--fill", type=int, default=12, help="chunks before the first step")
    parser.add_argument("--keep", type=int, help="chunks in the device's memory (24 MB each); default: 120, and with --minutes on a GPU all that is free but for 10 GB")
    parser.add_argument("--renderers", type=int, default=1, help="processes that render ahead; 0 where others fill the folder of chunks")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--every", type=float, default=6, help="minutes between evaluations and checkpoints")
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
