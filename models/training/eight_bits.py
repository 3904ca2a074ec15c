"""Networks in eight bits: unsigned activations, signed weights of a scale per channel (Jacob et al., Quantization and Training of Neural
Networks for Efficient Integer-Arithmetic-Only Inference, 2018), as ONNX graphs of quantise-dequantise pairs.

A network walks through its layers with some :class:`Operations`: once with :class:`Seen`, which notes what each layer's numbers reach, once
with :class:`Graph`, which writes them down. Nothing is trained. A layer's ReLU is the lower end of its output's range.
"""
from __future__ import annotations

import dataclasses
from typing import Generic, TypeVar

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional as F

T = TypeVar("T")
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
    if low == high:
        return low, high
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

    def picture(self, name: str, scale: float = 1 / 255, zero: int = 0) -> Quantised:
        """The input, bytes: 256 levels are all that a picture has."""
        self.constant(f"{name}.scale", np.float32(scale))
        self.constant(f"{name}.zero", np.uint8(zero))
        return Quantised(name, scale, zero)

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
        out = self.node("Conv", [self.plain(x, name), weight, shift], f"{name}.out", kernel_shape=list(layer.kernel_size),
                        strides=list(layer.stride), pads=list(layer.padding) * 2)
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
