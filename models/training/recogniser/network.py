"""The recogniser: a 64 × 128 colour crop to text, one line or two.

Convolutions shrink the crop to a grid of 4 × 32; pairs of rows become 2 × 32 tokens, read row by row, so that two lines
stand one after the other. Four heads look at the mixed tokens:

- ``ctc``: 64 steps over 0–9, A–Z and blank; a line's characters in order, the upper half first.
- ``plate``: 10 slots over the same classes, the last being "empty"; each slot's query looks wherever it likes.
- ``region``: where the plate is from, or unknown.
- ``hidden``: whether something hides a part of the plate, so that what is read is not all of it. It is taught last, alone (``hidden.py``).

CTC teaches the trunk within minutes; the slots are the better reader in the end; where both agree, the text is rarely wrong.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
EMPTY = len(ALPHABET)
CLASSES = len(ALPHABET) + 1
SLOTS = 10
STEPS = 64
_COLUMNS = 32
GREY, LEVELS = 127.5, 64
"""A byte is for the network (byte − GREY) / LEVELS."""


def _conv(inputs: int, outputs: int, kernel=3, stride=1, padding=1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Residual(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = _conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x)


class _Norm(nn.Module):
    """Layer norm over the channels of [n, c, 1, tokens]."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def _linear(inputs: int, outputs: int) -> nn.Conv2d:
    # A 1 × 1 convolution is a linear layer that runs fast whatever BLAS torch was built with.
    return nn.Conv2d(inputs, outputs, 1)


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention over the last axis of [n, heads, channels, tokens]."""
    weights = torch.softmax((query.transpose(-1, -2) @ key) * query.shape[-2] ** -0.5, -1)
    return value @ weights.transpose(-1, -2)


class _Mixer(nn.Module):
    """A transformer layer with a short depthwise convolution for neighbours."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.near = nn.Conv2d(width, width, (1, 3), padding=(0, 1), groups=width)
        self.norm1, self.norm2 = _Norm(width), _Norm(width)
        self.qkv, self.out = _linear(width, 3 * width), _linear(width, width)
        self.up, self.down = _linear(width, 2 * width), _linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, width, _, tokens = x.shape
        x = x + self.near(x)
        query, key, value = self.qkv(self.norm1(x)).reshape(n, 3, self.heads, width // self.heads, tokens).unbind(1)
        x = x + self.out(_attend(query, key, value).reshape(n, width, 1, tokens))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class _Hidden(nn.Module):
    """Where something stands before the plate, seen in the trunk's grid and in what the tokens make of it."""

    def __init__(self, grid: int, width: int, channels: int = 48):
        super().__init__()
        self.grid, self.tokens = _linear(grid, channels), _linear(width, channels)
        self.near, self.far = nn.Conv2d(channels, channels, 3, padding=1), nn.Conv2d(channels, channels, 3, padding=1)
        self.say = _linear(2 * channels, 1)
        nn.init.zeros_(self.say.weight)  # until it is taught, nothing is hidden
        nn.init.constant_(self.say.bias, -4)

    def forward(self, grid: Tensor, tokens: Tensor) -> Tensor:
        halves = self.tokens(tokens).reshape(tokens.shape[0], -1, 2, _COLUMNS)
        x = F.relu(self.grid(grid) + F.interpolate(halves, scale_factor=(2.0, 1.0), mode="nearest"))
        x = F.relu(x + self.far(F.relu(self.near(x))))
        return self.say(torch.cat([x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)], 1)).flatten(1)


class Recogniser(nn.Module):
    def __init__(self, regions: int, channels=(32, 64, 96, 176), width=192, heads=6, mixers=3):
        super().__init__()
        a, b, c, d = channels
        self.trunk = nn.Sequential(
            _conv(3, a, stride=2),                            # 32 × 64
            _conv(a, b, stride=2), Residual(b),              # 16 × 32
            _conv(b, c, stride=(2, 1)), Residual(c), Residual(c),  # 8 × 32
            _conv(c, d, stride=(2, 1)), Residual(d))         # 4 × 32
        self.rows = _conv(d, width, kernel=(2, 1), stride=(2, 1), padding=0)  # 2 × 32
        self.place = nn.Parameter(torch.randn(1, width, 1, 2 * _COLUMNS) * 0.02)
        self.mixers = nn.ModuleList([_Mixer(width, heads) for _ in range(mixers)])
        self.norm = _Norm(width)
        self.ctc = _linear(width, CLASSES)
        self.query = nn.Parameter(torch.randn(1, width, 1, SLOTS) * 0.3)
        self.key_value = _linear(width, 2 * width)
        self.fine = _linear(d, 2 * width)  # slots also look at the grid before its rows were paired
        self.fine_place = nn.Parameter(torch.randn(1, d, 4, _COLUMNS) * 0.02)
        self.slot_out, self.slot_mixer, self.slot_norm = _linear(width, width), _Mixer(width, heads), _Norm(width)
        self.slots = _linear(width, CLASSES)
        self.region = _linear(width, regions)
        self.heads = heads
        self.hidden = _Hidden(d, width)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``pixels`` float [n, 3, 64, 128], RGB, about −2 to 2. Logits [n, 64, 37], [n, 10, 37], [n, regions]."""
        return self.read(self.trunk(pixels))

    def mix(self, grid: Tensor) -> Tensor:
        """The trunk's grid [n, c, 4, 32] as tokens [n, c, 1, 64]."""
        tokens = self.rows(grid)
        tokens = tokens.reshape(*tokens.shape[:2], 1, 2 * _COLUMNS) + self.place
        for mixer in self.mixers:
            tokens = mixer(tokens)
        return self.norm(tokens)

    def read(self, grid: Tensor, tokens: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """What the heads read in the trunk's grid; ``tokens`` if they were mixed already."""
        tokens = self.mix(grid) if tokens is None else tokens
        n, width = tokens.shape[:2]
        steps = self.ctc(tokens)

        split = (n, 2, self.heads, width // self.heads, -1)
        key, value = self.key_value(tokens).reshape(split).unbind(1)
        fine_key, fine_value = self.fine(grid + self.fine_place.to(grid.dtype)).reshape(split).unbind(1)
        query = self.query.reshape(1, self.heads, width // self.heads, SLOTS).expand(n, -1, -1, -1)
        found = _attend(query, torch.cat([key, fine_key], -1), torch.cat([value, fine_value], -1)).reshape(n, width, 1, SLOTS)
        slots = self.slots(self.slot_norm(self.slot_mixer(self.slot_out(found) + self.query)))
        region = self.region(tokens.mean(3, keepdim=True))
        return steps.squeeze(2).transpose(1, 2), slots.squeeze(2).transpose(1, 2), region.flatten(1)


def normalise(pixels: Tensor) -> Tensor:
    """uint8 [n, 64, 128, 3] RGB to what the network takes."""
    return (pixels.permute(0, 3, 1, 2).float() - GREY) / LEVELS


def read_steps(steps: Tensor) -> list[str]:
    """Greedy CTC of [n, 64, 37]."""
    texts = []
    for row in steps.argmax(2).tolist():
        text, previous = "", EMPTY
        for best in row:
            if best not in (previous, EMPTY):
                text += ALPHABET[best]
            previous = best
        texts.append(text)
    return texts


def read_slots(slots: Tensor) -> list[str]:
    return ["".join(ALPHABET[best] for best in row if best != EMPTY) for row in slots.argmax(2).tolist()]


def loss(steps: Tensor, slots: Tensor, region: Tensor, labels: Tensor, regions: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """CTC, slot and region losses. ``labels`` int64 [n, 10], :data:`EMPTY` after the text; ``regions`` −1 where not known; ``lengths`` of
    the texts, int64 [n] in the processor's memory: CTC would wait for a GPU to fetch them from there."""
    log = F.log_softmax(steps.float(), 2).transpose(0, 1)
    ctc = F.ctc_loss(log, labels, torch.full_like(lengths, STEPS), lengths, blank=EMPTY, reduction="none", zero_infinity=True)
    slot = F.cross_entropy(slots.float().reshape(-1, CLASSES), labels.reshape(-1))
    known = regions >= 0
    region = F.cross_entropy(region.float(), regions, ignore_index=-1, reduction="sum") / known.sum().clamp(min=1)
    return (ctc / lengths.clamp(min=1).to(ctc.device, non_blocking=True)).mean(), slot, region
