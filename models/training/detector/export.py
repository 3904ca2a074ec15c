"""Exports a checkpoint's averaged network, or weights that were kept, to ONNX in eight bits, and writes its entry into the manifest beside it.

    python3 -m detector.export WORK/last.pt ../detector.onnx --data DATA

Input ``image`` [n, 1, h, w], grey bytes, sides multiples of 32; output ``map`` [n, 13, h/8, w/8], see ``network.decode``. ``DATA`` holds the
photographs of the training, on which is seen what each layer's numbers reach. What is exported is also kept as weights, in ``weights/`` unless
``--keep`` says where.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
import torch

import weights
from onnx_file import sha256

from .evaluate import AREA, OVERLAP, PAD, THRESHOLD, load
from .network import fused
from .quantise import build, observe, pictures_of

NAME = "edge-detector-6"
WEIGHTS = Path(__file__).resolve().parent.parent / "weights" / "detector.npz"


def describe(manifest: Path, file: Path) -> None:
    """Writes how the file is fed and read into the manifest; what it is worth is measured afterwards, and stays where nothing else changed."""
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    measured = entries.get("detector", {}).get("accuracy", {})
    entry = {
        "name": NAME, "file": file.name, "sha256": sha256(file), "licence": "MIT", "source": "models/training/detector/README.md",
        "input": {"name": "image", "type": "uint8", "layout": "nchw", "channels": "grey", "width": 0, "height": 0},
        "resize": {"rule": "area", "width": AREA[0], "height": AREA[1], "multiple": 32, "pad": PAD},
        "decode": "centre-map", "output": "map", "threshold": THRESHOLD, "overlap": OVERLAP,
        "accuracy": {},  # until the bench has measured it
    }
    entries["detector"] = entry | {"accuracy": measured} if entries.get("detector", {}) | {"accuracy": {}} == entry else entry
    manifest.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("trained", type=Path, help="a checkpoint, or weights (.npz)")
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--halfway-to", type=Path, help="weights the training began with: export the mean of these and what was trained")
    arguments.add_argument("--keep", type=Path, default=WEIGHTS, help="where the weights that are exported are kept (default: %(default)s)")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    network = load(options.trained)
    if options.halfway_to:
        weights.halfway(network, options.halfway_to)
    if options.halfway_to or options.trained.resolve() != options.keep.resolve():
        weights.save(network, options.keep)
        weights.load(network, options.keep)  # what is exported is what is kept, to the bit
    network = fused(network)
    onnx.save(build(network, observe(network, pictures_of(options.data))), str(options.file))
    print("bytes", options.file.stat().st_size, "sha256", sha256(options.file))
    if (options.file.parent / "manifest.json").exists():
        describe(options.file.parent / "manifest.json", options.file)


if __name__ == "__main__":
    main()
