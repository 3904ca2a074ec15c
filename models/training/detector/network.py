"""The network: plain 3x3 convolutions down to stride 32, a feature pyramid back up to one map at stride 8.

Plain convolutions rather than depthwise ones: on one CPU thread they are what ONNX Runtime runs fastest for the accuracy.
"""
from __future__ import annotations

import copy
import dataclasses

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .targets import STRIDE

OUTPUTS = 13
CORNER_UNIT = 16.0
SIDES = (-4.0, 5.0)
"""Least and most of the raw planes of a box's sides: e to this power, in strides."""


@dataclasses.dataclass(frozen=True)
class Shape:
    """Channels at strides 2, 4, 8, 16, 32; residual blocks at 4, 8, 16, 32; channels of the map's trunk."""

    channels: tuple[int, int, int, int, int] = (16, 32, 48, 64, 96)
    blocks: tuple[int, int, int, int] = (0, 1, 2, 2)
    trunk: int = 48


def _convolution(inputs: int, outputs: int, size: int, stride: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


class Step(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.convolution = _convolution(inputs, outputs, size, stride)
        self.norm: nn.Module = nn.BatchNorm2d(outputs, momentum=0.03)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.convolution(x)), inplace=True)


class Residual(nn.Module):
    """Two convolutions beside a straight path."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = Step(channels, channels)
        self.convolution = _convolution(channels, channels, 3, 1)
        self.norm: nn.Module = nn.BatchNorm2d(channels, momentum=0.03)
        nn.init.constant_(self.norm.weight, 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.convolution(self.first(x))), inplace=True)


class PlateNetwork(nn.Module):
    """Grey pictures [n, 1, h, w] in 0..1, sides multiples of 32, to raw planes [n, 13, h/8, w/8]; see ``decode``."""

    def __init__(self, shape: Shape = Shape()) -> None:
        super().__init__()
        self.shape = shape
        at2, at4, at8, at16, at32 = shape.channels
        n4, n8, n16, n32 = shape.blocks
        self.stem = Step(1, at2, stride=2)
        self.down4 = nn.Sequential(Step(at2, at4, stride=2), *[Residual(at4) for _ in range(n4)])
        self.down8 = nn.Sequential(Step(at4, at8, stride=2), *[Residual(at8) for _ in range(n8)])
        self.down16 = nn.Sequential(Step(at8, at16, stride=2), *[Residual(at16) for _ in range(n16)])
        self.down32 = nn.Sequential(Step(at16, at32, stride=2), *[Residual(at32) for _ in range(n32)])
        self.from32 = Step(at32, at16, size=1)
        self.merge16 = Step(at16, at16)
        self.from16 = Step(at16, shape.trunk, size=1)
        self.from8 = Step(at8, shape.trunk, size=1)
        self.merge8 = Step(shape.trunk, shape.trunk)
        self.trunk = Step(shape.trunk, shape.trunk)
        self.output = nn.Conv2d(shape.trunk, OUTPUTS, 1)
        nn.init.normal_(self.output.weight, std=0.01)
        # Rare plates, wider than high.
        self.output.bias.data = torch.tensor([-4.0, 1.2, 0.3, 1.2, 0.3] + [0.0] * 8)

    def forward(self, x: Tensor) -> Tensor:
        at8 = self.down8(self.down4(self.stem(x)))
        at16 = self.down16(at8)
        at32 = self.down32(at16)
        up16 = self.merge16(at16 + F.interpolate(self.from32(at32), scale_factor=2.0, mode="nearest"))
        up8 = self.merge8(self.from8(at8) + F.interpolate(self.from16(up16), scale_factor=2.0, mode="nearest"))
        return self.output(self.trunk(up8))


def decode(raw: Tensor) -> Tensor:
    """Raw planes to the map the product reads: score 0..1; left, top, right, bottom in pixels from the cell's centre;
    x and y of the four corners in pixels from the cell's centre, from top left, clockwise."""
    sides = torch.exp(torch.clamp(raw[:, 1:5], *SIDES)) * float(STRIDE)
    return torch.cat([torch.sigmoid(raw[:, :1]), sides, raw[:, 5:] * CORNER_UNIT], 1)


def fused(network: PlateNetwork) -> PlateNetwork:
    """A copy whose normalisations are folded into the convolutions: the same answers, fewer steps."""
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if isinstance(module, (Step, Residual)) and isinstance(module.norm, nn.BatchNorm2d):
            module.convolution = nn.utils.fuse_conv_bn_eval(module.convolution, module.norm)
            module.norm = nn.Identity()
    return network
