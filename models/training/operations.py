"""How many multiplications a graph makes of one picture: what a processor that nobody measured on would have to do.

    /usr/bin/python3 models/training/operations.py models/detector.onnx=1x1x352x576 models/recogniser.onnx=2x64x128x3
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import onnx
from onnx import shape_inference

_CONVOLUTIONS = {"Conv", "ConvInteger", "QLinearConv"}
_PRODUCTS = {"MatMul", "MatMulInteger", "QLinearMatMul", "Gemm"}


@dataclass
class Operations:
    """Multiplications and weights of a graph."""

    in_floats: int = 0
    in_bytes: int = 0
    unknown: int = 0  # products whose size cannot be told without running the graph

    @property
    def all(self) -> int:
        return self.in_floats + self.in_bytes


def count(path: str, size: list[int]) -> Operations:
    """Of one run on an input of that size. A quantised graph's convolutions between dequantised values run in bytes."""
    model = onnx.load(path)
    for dimension, side in zip(model.graph.input[0].type.tensor_type.shape.dim, size, strict=True):
        dimension.ClearField("dim_param")
        dimension.dim_value = side
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {value.name: [side.dim_value for side in value.type.tensor_type.shape.dim] for value in [*graph.value_info, *graph.input, *graph.output]}
    shapes |= {weight.name: list(weight.dims) for weight in graph.initializer}
    made_by = {output: node.op_type for node in graph.node for output in node.output}
    found = Operations()
    for node in graph.node:
        if node.op_type not in _CONVOLUTIONS | _PRODUCTS:
            continue
        weight, output = shapes.get(node.input[3 if node.op_type.startswith("QLinear") else 1], []), shapes.get(node.output[0], [])
        if not weight or not output or 0 in weight or 0 in output:
            found.unknown += 1
            continue
        each = math.prod(weight[1:]) if node.op_type in _CONVOLUTIONS else weight[-2]
        of_bytes = "Integer" in node.op_type or node.op_type.startswith("QLinear") or made_by.get(node.input[0]) == "DequantizeLinear"
        multiplications = math.prod(output) * each
        if of_bytes:
            found.in_bytes += multiplications
        else:
            found.in_floats += multiplications
    return found


def main() -> None:
    if len(sys.argv) < 2 or any("=" not in one for one in sys.argv[1:]):
        sys.exit(__doc__)
    for one in sys.argv[1:]:
        path, _, size = one.partition("=")
        found = count(path, [int(side) for side in size.split("x")])
        print(f"{path} of {size}: {found.all / 1e6:.0f} M multiplications, {found.in_bytes / 1e6:.0f} M of them of bytes"
              + (f"; {found.unknown} products of unknown size" if found.unknown else ""))


if __name__ == "__main__":
    main()
