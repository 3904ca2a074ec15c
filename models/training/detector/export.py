"""Exports a checkpoint's averaged network to ONNX, checks that what is exported answers as the network does, and writes its entry
into the manifest beside it.

    python3 -m detector.export /somewhere/last.pt ../detector.onnx

Input ``image`` [n, 1, h, w], grey 0..1, sides multiples of 32; output ``map`` [n, 13, h/8, w/8], see ``network.decode``.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

import weights
from onnx_file import halve, sha256

from .evaluate import AREA, OVERLAP, PAD, THRESHOLD, load
from .network import PlateNetwork, decode, fused

NAME = "edge-detector-5"
WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "detector.npz"


class Exported(nn.Module):
    """The network and its decoding in one."""

    def __init__(self, network: PlateNetwork) -> None:
        super().__init__()
        self.network = fused(network)

    def forward(self, image: Tensor) -> Tensor:
        return decode(self.network(image))


def export(network: PlateNetwork, path: Path) -> None:
    model = Exported(network).eval()
    sides = {0: "n", 2: "height", 3: "width"}
    cells = {0: "n", 2: "rows", 3: "columns"}
    torch.onnx.export(model, torch.rand(1, 1, 256, 416), str(path), opset_version=13, input_names=["image"],
                      output_names=["map"], dynamic_axes={"image": sides, "map": cells})
    onnx.checker.check_model(onnx.load(str(path)))


def difference(network: PlateNetwork) -> float:
    """The largest difference between what is exported and what was trained, on one random picture."""
    picture = torch.rand(1, 1, 256, 416)
    with torch.no_grad():
        return float((Exported(network).eval()(picture) - decode(network.eval()(picture))).abs().max())


def describe(manifest: Path, file: Path) -> None:
    """Writes how the file is fed and read into the manifest; what it is worth is measured afterwards."""
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    entries["detector"] = {
        "name": NAME, "file": file.name, "sha256": sha256(file), "licence": "MIT", "source": "models/training/detector/README.md",
        "input": {"name": "image", "type": "float32", "layout": "nchw", "channels": "grey", "width": 0, "height": 0, "scale": 0.003921569},
        "resize": {"rule": "area", "width": AREA[0], "height": AREA[1], "multiple": 32, "pad": PAD},
        "decode": "centre-map", "output": "map", "threshold": THRESHOLD, "overlap": OVERLAP,
        "accuracy": {},  # until the bench has measured it
    }
    manifest.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("checkpoint", type=Path)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--halfway-to", type=Path, help="weights the training began with: export the mean of these and the checkpoint")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    network = load(options.checkpoint)
    if options.halfway_to:
        weights.halfway(network, options.halfway_to)
    weights.save(network, WEIGHTS)
    export(network, options.file)
    print("difference", difference(network))
    halve(options.file)
    print("bytes", options.file.stat().st_size, "sha256", sha256(options.file))
    if (options.file.parent / "manifest.json").exists():
        describe(options.file.parent / "manifest.json", options.file)


if __name__ == "__main__":
    main()
