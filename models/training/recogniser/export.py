"""The trained recogniser as an ONNX file and its manifest entry.

    python3 -m recogniser.export WORK/recogniser/recogniser.pt --models .. --data DATA
    python3 -m recogniser.export weights/recogniser.npz --models .. --data DATA          # the shipped file again, with Debian's torch and the same photographs

What is exported is also kept as weights, in ``weights/`` unless ``--keep`` says where.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnx.compose
import torch
from torch import Tensor, nn

import real
import weights
from onnx_file import halve, sha256
from plates import PlateRenderer
from plates.designs import REGIONS
from plates.photograph import Camera

from .hidden import AROUND
from .network import ALPHABET, EMPTY, SLOTS, STEPS, Recogniser
from .quantise import OPSET, build, fused, observe
from .samples import RealCrops, render

NAME = "edge-recogniser-10"
WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "recogniser.npz"
GROW = (0.0, -0.03, 0.04, 0.08, -0.06, 0.12)
"""Crops of a plate, grown by these shares of its box; all but the first are read only where that leaves doubt."""
SECOND_LOOK = 0.9
REGION_THRESHOLD = 0.8
HIDDEN_THRESHOLD = 0.9


class _Heads(nn.Module):
    """From the trunk's grid to probabilities."""

    def __init__(self, network: Recogniser):
        super().__init__()
        self.network = network

    def forward(self, grid: Tensor) -> tuple[Tensor, ...]:
        tokens = self.network.mix(grid)
        hidden = self.network.hidden(grid, tokens)
        heads = *self.network.read(grid, tokens), torch.cat([torch.zeros_like(hidden), hidden], 1)
        return tuple(torch.softmax(head, -1) for head in heads)


def trained(path: Path) -> Recogniser:
    """The network of a checkpoint, or of weights that were kept (.npz)."""
    network = Recogniser(len(REGIONS)).eval()
    if path.suffix == ".npz":
        weights.load(network, path)
    else:
        network.load_state_dict(torch.load(path, map_location="cpu")["average"])
    return network


def seen_crops(data: Path, count: int = 1024, seed: int = 3) -> Tensor:
    """Crops as training sees them, uint8 [n, 64, 128, 3] RGB, one in eight of a real plate: what the trunk's numbers reach is seen on them."""
    rng = np.random.default_rng(seed)
    pictures, _, _ = render(Camera(PlateRenderer(seed), real.surroundings(data, 0)), count)
    crops = RealCrops(data)
    for i in range(0, count if len(crops) else 0, 8):
        pictures[i] = crops.sample(rng)[0]
    return torch.from_numpy(np.ascontiguousarray(pictures[..., ::-1]))


def export(network: Recogniser, file: Path, crops: Tensor) -> None:
    """Bytes in, probabilities out: nobody who runs the file needs to know how it was trained."""
    trunk = fused(network.trunk)
    grid = torch.zeros(2, *network.fine_place.shape[1:])
    names = ["ctc", "plate", "region", "hidden"]
    with io.BytesIO() as exported:
        # The exporter that Debian's torch has; a newer one's default makes another graph.
        old = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
        torch.onnx.export(_Heads(network).eval(), grid, exported, opset_version=OPSET, input_names=["grid"], output_names=names,
                          dynamic_axes={name: {0: "n"} for name in ["grid", *names]}, **old)
        heads = onnx.load_from_string(exported.getvalue())
    bytes_in = build(trunk, observe(trunk, crops), "seen")
    bytes_in.ir_version = heads.ir_version
    onnx.save(onnx.compose.merge_models(bytes_in, heads, io_map=[("seen", "grid")]), str(file))
    halve(file)


def _as_fed(entry: dict) -> dict:
    """A manifest's entry without what is measured afterwards."""
    heads = [{key: value for key, value in head.items() if key != "temperature"} for head in entry.get("heads", [])]
    return {key: value for key, value in entry.items() if key != "calibration"} | {"heads": heads, "accuracy": {}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="a checkpoint, or weights (.npz)")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds training/")
    parser.add_argument("--keep", type=Path, default=WEIGHTS, help="where the weights that are exported are kept (default: %(default)s)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    file, path = args.models / "recogniser.onnx", args.models / "manifest.json"
    manifest = json.loads(path.read_text())
    network = trained(args.trained)
    if args.trained.resolve() != args.keep.resolve():
        weights.save(network, args.keep)
        weights.load(network, args.keep)  # the file that ships is made of what is kept, so that it can be made again
    export(network, file, seen_crops(args.data))
    # How it is fed is part of the model: crops like those it learned from. What its evidence is worth is measured afterwards.
    entry = {
        "name": NAME, "file": file.name, "sha256": sha256(file), "licence": "MIT", "source": "models/training/README.md",
        "input": {"name": "input", "type": "uint8", "layout": "nhwc", "channels": "rgb", "width": 128, "height": 64},
        "grow": list(GROW), "secondLook": SECOND_LOOK, "straighten": True, "alphabet": ALPHABET,
        "heads": [{"output": "ctc", "kind": "ctc", "length": STEPS, "empty": EMPTY}, {"output": "plate", "kind": "slots", "length": SLOTS, "empty": EMPTY}],
        "region": {"output": "region", "labels": list(REGIONS), "unknown": REGIONS[0], "threshold": REGION_THRESHOLD},
        "hidden": {"output": "hidden", "threshold": HIDDEN_THRESHOLD, "grow": AROUND},
        "accuracy": {},  # until the bench has measured it
    }
    if _as_fed(manifest["recogniser"]) == entry:
        return  # the same file fed in the same way: what was measured of it still holds
    manifest["recogniser"] = entry
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
