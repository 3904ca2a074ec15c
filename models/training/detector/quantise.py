"""The detector in eight bits (``eight_bits.py``): what each layer's numbers reach is seen on photographs of the training. The last layer and the
decoding stay in floating point, since boxes are measured in pixels there.
"""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

from eight_bits import Graph, Operations, Seen, T

from .evaluate import letterbox
from .network import CORNER_UNIT, OUTPUTS, SIDES, PlateNetwork, Residual, Step
from .photography import photographs
from .targets import STRIDE

_PICTURES = 256


def walk(ops: Operations[T], network: PlateNetwork, x: T) -> T:
    """The fused network up to its last layer, which is left out."""

    def step(name: str, module: Step, x: T) -> T:
        return ops.convolve(name, module.convolution, x, relu=True)

    def stage(name: str, modules: nn.Sequential, x: T) -> T:
        for index, module in enumerate(modules):
            here = f"{name}.{index}"
            if isinstance(module, Residual):
                inner = ops.convolve(f"{here}.second", module.convolution, step(f"{here}.first", module.first, x), relu=False)
                x = ops.add(f"{here}.sum", x, inner, relu=True)
            else:
                x = step(here, module, x)
        return x

    at8 = stage("down8", network.down8, stage("down4", network.down4, step("stem", network.stem, x)))
    at16 = stage("down16", network.down16, at8)
    at32 = stage("down32", network.down32, at16)
    sum16 = ops.add("sum16", at16, ops.twice("up16", step("from32", network.from32, at32)), relu=False)
    sum8 = ops.add("sum8", step("from8", network.from8, at8),
                   ops.twice("up8", step("from16", network.from16, step("merge16", network.merge16, sum16))), relu=False)
    return step("trunk", network.trunk, step("merge8", network.merge8, sum8))


def build(network: PlateNetwork, ranges: dict[str, tuple[float, float]]) -> onnx.ModelProto:
    graph = Graph(ranges)
    trunk = walk(graph, network, graph.picture("image"))
    raw = graph.node("Conv", [graph.plain(trunk, "output"), graph.constant("output.weight", network.output.weight.detach().numpy()),
                              graph.constant("output.bias", network.output.bias.detach().numpy())], "raw", kernel_shape=[1, 1])
    _decode(graph, raw)
    model = helper.make_model(helper.make_graph(
        graph.nodes, "detector", [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 1, "height", "width"])],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", OUTPUTS, "rows", "columns"])], graph.initialisers),
        opset_imports=[helper.make_opsetid("", 13)], producer_name="edge")
    model.ir_version = 7
    onnx.checker.check_model(model)
    return model


def _decode(graph: Graph, raw: str) -> None:
    """As ``network.decode``."""

    def planes(name: str, start: int, end: int) -> str:
        return graph.node("Slice", [raw, graph.constant(f"{name}.start", np.array([start], np.int64)), graph.constant(f"{name}.end", np.array([end], np.int64)),
                                    graph.constant(f"{name}.axis", np.array([1], np.int64))], f"{name}.planes")

    def times(name: str, x: str, factor: float) -> str:
        return graph.node("Mul", [x, graph.constant(f"{name}.factor", np.float32(factor))], name)

    score = graph.node("Sigmoid", [planes("score", 0, 1)], "score")
    clipped = graph.node("Clip", [planes("sides", 1, 5), graph.constant("sides.least", np.float32(SIDES[0])), graph.constant("sides.most", np.float32(SIDES[1]))], "sides.clipped")
    sides = times("sides", graph.node("Exp", [clipped], "sides.grown"), STRIDE)
    corners = times("corners", planes("corners", 5, OUTPUTS), CORNER_UNIT)
    graph.node("Concat", [score, sides, corners], "map", axis=1)


def observe(network: PlateNetwork, pictures: list[np.ndarray]) -> dict[str, tuple[float, float]]:
    """Ranges of every result on grey pictures as the network gets them."""
    seen = Seen()
    with torch.no_grad():
        for seen.counting in (False, True):
            for picture in pictures:
                walk(seen, network, torch.from_numpy(picture)[None, None].float() / 255)
    return seen.ranges()


def pictures_of(data: Path, count: int = _PICTURES) -> list[np.ndarray]:
    """Grey letterboxed photographs of the training, spread over its sets."""
    every = photographs(data, validation=False)
    chosen = [every[index] for index in np.linspace(0, len(every) - 1, min(count, len(every))).astype(int)]
    return [letterbox(cv2.cvtColor(one.picture, cv2.COLOR_BGR2GRAY))[0] for one in chosen]
