"""A network's weights as a file that anybody may load: named arrays of 16-bit floats, no code in it (a checkpoint is a pickle).

``weights/*.npz`` are the shipped models before export: a training with ``--start-from`` goes on from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn


def save(network: nn.Module, path: Path) -> None:
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}
    np.savez_compressed(path, **{name: a.astype(np.float16) if a.dtype == np.float32 else a for name, a in arrays.items()})


def load(network: nn.Module, path: Path, without: str | None = None) -> None:
    """Raises RuntimeError where the file is of another network. What begins with ``without`` stays as it is."""
    with np.load(path, allow_pickle=False) as file:
        state = {name: torch.from_numpy(file[name].astype(np.float32) if file[name].dtype == np.float16 else file[name]) for name in file.files}
    if without:
        state = {name: tensor for name, tensor in state.items() if not name.startswith(without)} | {
            name: tensor for name, tensor in network.state_dict().items() if name.startswith(without)}
    network.load_state_dict(state)


def halfway(network: nn.Module, path: Path, without: str | None = None) -> None:
    """Moves a network halfway to the weights in a file. Where a training went on from that file, the middle of the two is often steadier
    than either end (Wortsman et al., Robust fine-tuning of zero-shot models, 2022). Raises RuntimeError where the file is of another network."""
    ended = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    load(network, path, without)
    begun = network.state_dict()
    network.load_state_dict({name: (tensor + begun[name]) / 2 if tensor.dtype.is_floating_point else tensor for name, tensor in ended.items()})
