"""The network in eight bits: unsigned activations, signed weights of a scale per channel (Jacob et al., Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference, 2018), as the ONNX graph that the product runs.

What each layer's numbers reach is seen on photographs of the training; nothing is trained. A layer's ReLU is the lower end of its
output's range; the last layer and the decoding stay in floating point, since boxes are measured in pixels there.
"""
from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Generic, TypeVar

import cv2
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

from .evaluate import letterbox
from .network import CORNER_UNIT, OUTPUTS, PlateNetwork, Residual, Step
from .photography import photographs
from .targets import STRIDE

T = TypeVar("T")
_PICTURES = 256
_BINS = 2048
_WEIGHT = 127  # both signs alike


class Operations(Generic[T]):
    """What the network is made of, for numbers or for a graph; every result has a name."""

    def convolve(self, name: str, layer: nn.Conv2d, x: T, relu: bool) -> T:
        raise NotImplementedError

    def add(self, name: str, a: T, b: T, relu: bool) -> T:
        raise NotImplementedError

    def twice(self, name: str, x: T) -> T:
        raise NotImplementedError


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


class Seen(Operations[Tensor]):
    """Runs in floating point and notes what every result reaches."""

    def __init__(self) -> None:
        self.histograms: dict[str, np.ndarray] = {}
        self.ends: dict[str, tuple[float, float]] = {}
        self.counting = False

    def convolve(self, name: str, layer: nn.Conv2d, x: Tensor, relu: bool) -> Tensor:
        return self._note(name, F.relu(layer(x)) if relu else layer(x))

    def add(self, name: str, a: Tensor, b: Tensor, relu: bool) -> Tensor:
        return self._note(name, F.relu(a + b) if relu else a + b)

    def twice(self, name: str, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2.0, mode="nearest")

    def _note(self, name: str, x: Tensor) -> Tensor:
        low, high = self.ends.get(name, (0.0, 0.0))
        if self.counting:
            counts, _ = np.histogram(x.numpy(), bins=_BINS, range=(low, high))
            self.histograms[name] = self.histograms.get(name, 0) + counts
        else:
            self.ends[name] = (min(low, float(x.min())), max(high, float(x.max())))
        return x

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Of each result the range whose 256 steps cost the least squared error, what lies outside included."""
        return {name: _best_range(self.histograms[name], *self.ends[name]) for name in self.ends}


def _best_range(counts: np.ndarray, low: float, high: float) -> tuple[float, float]:
    centres = low + (np.arange(_BINS) + 0.5) * (high - low) / _BINS
    best, least = (low, high), np.inf
    for share in np.linspace(0.2, 1.0, 81):
        lower, upper = low * share, high * share
        scale = (upper - lower) / 255
        zero = round(-lower / scale)
        rounded = (np.clip(np.round(centres / scale) + zero, 0, 255) - zero) * scale
        error = float((counts * (centres - rounded) ** 2).sum())
        if error < least:
            best, least = (lower, upper), error
    return best


@dataclasses.dataclass(frozen=True)
class Quantised:
    """A tensor of the graph in eight bits, and what its numbers mean."""

    name: str
    scale: float
    zero: int


class Graph(Operations[Quantised]):
    """Writes every step as ONNX's quantise-dequantise pairs, which a runtime turns into integer kernels."""

    def __init__(self, ranges: dict[str, tuple[float, float]]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initialisers: list[onnx.TensorProto] = []
        self._ranges = ranges

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initialisers.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def picture(self, name: str) -> Quantised:
        """The input: 256 levels are all that a picture has."""
        self.constant(f"{name}.scale", np.float32(1 / 255))
        self.constant(f"{name}.zero", np.uint8(0))
        return Quantised(name, 1 / 255, 0)

    def quantise(self, name: str, x: str, scale: float, zero: int) -> Quantised:
        parameters = [self.constant(f"{name}.scale", np.float32(scale)), self.constant(f"{name}.zero", np.uint8(zero))]
        return Quantised(self.node("QuantizeLinear", [x, *parameters], f"{name}.eight"), scale, zero)

    def plain(self, x: Quantised, reader: str) -> str:
        """The tensor in floating point for one reader: a pair is recognised only if nobody else reads it."""
        base = x.name.removesuffix(".eight")
        return self.node("DequantizeLinear", [x.name, f"{base}.scale", f"{base}.zero"], f"{base}.for.{reader}")

    def convolve(self, name: str, layer: nn.Conv2d, x: Quantised, relu: bool) -> Quantised:
        kernel = layer.weight.detach().numpy()
        scales = np.maximum(np.abs(kernel).max(axis=(1, 2, 3)) / _WEIGHT, 1e-8).astype(np.float32)
        eight = np.clip(np.round(kernel / scales[:, None, None, None]), -_WEIGHT, _WEIGHT).astype(np.int8)
        of_channels = self.constant(f"{name}.weight.scale", scales)
        weight = self.node("DequantizeLinear", [self.constant(f"{name}.weight.eight", eight), of_channels,
                                                self.constant(f"{name}.weight.zero", np.zeros(len(scales), np.int8))], f"{name}.weight", axis=0)
        bias_scales = (scales * x.scale).astype(np.float32)
        bias = np.round(layer.bias.detach().numpy() / bias_scales).astype(np.int32)
        shift = self.node("DequantizeLinear", [self.constant(f"{name}.bias.eight", bias), self.constant(f"{name}.bias.scale", bias_scales),
                                               self.constant(f"{name}.bias.zero", np.zeros(len(scales), np.int32))], f"{name}.bias", axis=0)
        stride, padding = layer.stride[0], layer.padding[0]
        out = self.node("Conv", [self.plain(x, name), weight, shift], f"{name}.out", kernel_shape=list(layer.kernel_size),
                        strides=[stride, stride], pads=[padding] * 4)
        return self._ranged(name, out, relu)

    def add(self, name: str, a: Quantised, b: Quantised, relu: bool) -> Quantised:
        return self._ranged(name, self.node("Add", [self.plain(a, name), self.plain(b, name)], f"{name}.out"), relu)

    def twice(self, name: str, x: Quantised) -> Quantised:
        scales = self.constant(f"{name}.sides", np.array([1, 1, 2, 2], np.float32))
        out = self.node("Resize", [self.plain(x, name), "", scales], f"{name}.out", mode="nearest",
                        coordinate_transformation_mode="asymmetric", nearest_mode="floor")
        return self.quantise(name, out, x.scale, x.zero)

    def _ranged(self, name: str, x: str, relu: bool) -> Quantised:
        low, high = self._ranges[name]
        low = 0.0 if relu else low
        scale = max((high - low) / 255, 1e-8)
        return self.quantise(name, x, scale, round(-low / scale))


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
    clipped = graph.node("Clip", [planes("sides", 1, 5), graph.constant("sides.least", np.float32(-4)), graph.constant("sides.most", np.float32(5))], "sides.clipped")
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
