"""The trained recogniser as an ONNX file and its manifest entry: ``python3 -m recogniser.export --work DIR --models DIR``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor, nn

import weights
from onnx_file import halve, sha256
from plates.designs import REGIONS

from .network import ALPHABET, EMPTY, SLOTS, STEPS, Recogniser, normalise

NAME = "edge-recogniser-7"
WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "recogniser.npz"
GROW = (0.0, -0.03, 0.04, 0.08, -0.06, 0.12)
"""Crops of a plate, grown by these shares of its box; all but the first are read only where that leaves doubt."""
SECOND_LOOK = 0.9
REGION_THRESHOLD = 0.8


class _Shipped(nn.Module):
    """Bytes in, probabilities out: nobody who runs the file needs to know how it was trained."""

    def __init__(self, network: Recogniser):
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return tuple(torch.softmax(head, -1) for head in self.network(normalise(pixels)))


def export(checkpoint: Path, file: Path, halfway_to: Path | None) -> None:
    network = Recogniser(len(REGIONS)).eval()
    network.load_state_dict(torch.load(checkpoint, map_location="cpu")["average"])
    if halfway_to:
        weights.halfway(network, halfway_to)
    weights.save(network, WEIGHTS)
    weights.load(network, WEIGHTS)  # the file that ships is made of what is kept, so that it can be made again
    names = ["input", "ctc", "plate", "region"]
    torch.onnx.export(_Shipped(network).eval(), torch.zeros(2, 64, 128, 3, dtype=torch.uint8), str(file), opset_version=17,
                      input_names=names[:1], output_names=names[1:], dynamic_axes={name: {0: "n"} for name in names})
    halve(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--halfway-to", type=Path, help="weights the training began with: export the mean of these and the checkpoint")
    args = parser.parse_args()
    file = args.models / "recogniser.onnx"
    export(args.work / "recogniser.pt", file, args.halfway_to)
    path = args.models / "manifest.json"
    manifest = json.loads(path.read_text())
    # How it is fed is part of the model: crops like those it learned from. What its evidence is worth is measured afterwards.
    manifest["recogniser"] = {
        "name": NAME, "file": file.name, "sha256": sha256(file), "licence": "MIT", "source": "models/training/README.md",
        "input": {"name": "input", "type": "uint8", "layout": "nhwc", "channels": "rgb", "width": 128, "height": 64},
        "grow": list(GROW), "secondLook": SECOND_LOOK, "straighten": True, "alphabet": ALPHABET,
        "heads": [{"output": "ctc", "kind": "ctc", "length": STEPS, "empty": EMPTY}, {"output": "plate", "kind": "slots", "length": SLOTS, "empty": EMPTY}],
        "region": {"output": "region", "labels": list(REGIONS), "unknown": REGIONS[0], "threshold": REGION_THRESHOLD},
        "accuracy": {},  # until the bench has measured it
    }
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
