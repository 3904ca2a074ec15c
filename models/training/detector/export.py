"""Exports a checkpoint's averaged network to ONNX and checks that the file answers as the network does.

    python3 -m detector.export /somewhere/last.pt ../detector.onnx

Input ``image`` [n, 1, h, w], grey 0..1, sides multiples of 32; output ``map`` [n, 13, h/8, w/8], see ``network.decode``.
"""
from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import cv2
import onnx
import torch
from torch import Tensor, nn

from .evaluate import load
from .network import PlateNetwork, decode, fused


class Exported(nn.Module):
    """The network and its decoding in one."""

    def __init__(self, network: PlateNetwork) -> None:
        super().__init__()
        self.network = fused(network)

    def forward(self, image: Tensor) -> Tensor:
        return decode(self.network(image))


def export(network: PlateNetwork, path: Path) -> str:
    """Writes the file and returns its SHA-256."""
    model = Exported(network).eval()
    sides = {0: "n", 2: "height", 3: "width"}
    cells = {0: "n", 2: "rows", 3: "columns"}
    torch.onnx.export(model, torch.rand(1, 1, 256, 416), str(path), opset_version=13, input_names=["image"],
                      output_names=["map"], dynamic_axes={"image": sides, "map": cells})
    onnx.checker.check_model(onnx.load(str(path)))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def difference(network: PlateNetwork, path: Path) -> float:
    """The largest difference between the file's answer and the network's on one random picture."""
    picture = torch.rand(1, 1, 256, 416)
    other = cv2.dnn.readNetFromONNX(str(path))
    other.setInput(picture.numpy())
    with torch.no_grad():
        own = decode(network.eval()(picture)).numpy()
    return float(abs(other.forward() - own).max())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("checkpoint", type=Path)
    arguments.add_argument("file", type=Path)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    network = load(options.checkpoint)
    print("sha256", export(network, options.file))
    print("bytes", options.file.stat().st_size)
    print("difference", difference(network, options.file))


if __name__ == "__main__":
    main()
