"""The recogniser's trunk in eight bits (``../eight_bits.py``): more than half of its multiplications. What looks at the trunk's grid stays in floating
point."""

from __future__ import annotations

import copy

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

from eight_bits import Graph, Operations, Seen, T
from plates.photograph import HEIGHT, WIDTH

from .network import GREY, LEVELS, Residual, normalise

OPSET = 17
ZERO = 128


def fused(trunk: nn.Sequential) -> nn.Sequential:
    """A copy whose normalisations are folded into the convolutions."""
    trunk = copy.deepcopy(trunk).eval()
    for block in trunk:
        step = block.conv if isinstance(block, Residual) else block
        step[0], step[1] = fuse_conv_bn_eval(step[0], step[1]), nn.Identity()
    return trunk


def walk(ops: Operations[T], trunk: nn.Sequential, x: T) -> T:
    """The fused trunk."""
    for index, block in enumerate(trunk):
        if isinstance(block, Residual):
            x = ops.add(f"trunk.{index}.sum", x, ops.convolve(f"trunk.{index}", block.conv[0], x, relu=True), relu=False)
        else:
            x = ops.convolve(f"trunk.{index}", block[0], x, relu=True)
    return x


def observe(trunk: nn.Sequential, crops: torch.Tensor) -> dict[str, tuple[float, float]]:
    """Ranges of every result of the fused trunk on crops, uint8 [n, 64, 128, 3] RGB."""
    seen = Seen()
    with torch.no_grad():
        for seen.counting in (False, True):
            for batch in crops.split(64):
                walk(seen, trunk, normalise(batch))
    return seen.ranges()


def for_whole_zero(trunk: nn.Sequential) -> nn.Sequential:
    """A copy that answers the same where a byte is given as (byte − 128) / 64: eight bits want a whole zero, and grey is 127.5."""
    trunk = copy.deepcopy(trunk)
    first = trunk[0][0]
    with torch.no_grad():
        first.bias += first.weight.sum((1, 2, 3)) * (ZERO - GREY) / LEVELS
    return trunk


def build(trunk: nn.Sequential, ranges: dict[str, tuple[float, float]], output: str) -> onnx.ModelProto:
    """From bytes [n, 64, 128, 3] to the grid that the trunk gives, as a graph of its own."""
    graph = Graph(ranges)
    graph.node("Transpose", ["input"], "pixels", perm=[0, 3, 1, 2])
    grid = graph.plain(walk(graph, for_whole_zero(trunk), graph.picture("pixels", 1 / LEVELS, ZERO)), "rest")
    graph.node("Identity", [grid], output)
    model = helper.make_model(helper.make_graph(
        graph.nodes, "trunk", [helper.make_tensor_value_info("input", TensorProto.UINT8, ["n", HEIGHT, WIDTH, 3])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", trunk[-1].conv[0].out_channels, HEIGHT // 16, WIDTH // 4])], graph.initialisers),
        opset_imports=[helper.make_opsetid("", OPSET)], producer_name="edge")
    onnx.checker.check_model(model)
    return model
