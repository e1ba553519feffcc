"""The lifter: a body's landmarks in a picture, over time, to the body in space.

A pose detector sees to a centimetre where a visible joint lies in the picture, and guesses how far
away it is. How all joints go over a second or two tells more: after Pavllo et al. 2019 ("3D human
pose estimation in video with temporal convolutions"), a small network reads a clip's landmarks and
gives SMPL's joints. It is trained on recorded motion seen by cameras from any side, and on films of
it (``train/pretrain_lifter.py``).

Paper: motion is estimated from the video where there is none (section 3.1); how is left open.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from llamo.encoders.lifter_input import CHANNELS, POINTS, Seen, joints_in_picture
from llamo.encoders.motion import AttentionBlock, ConvolutionBlock, band, rotary_code
from llamo.skeleton import SMPL22

_TWINS = np.array(SMPL22.mirror)


@dataclass(frozen=True)
class LifterConfig:
    """Sizes of the lifter.

    Args:
        width: Channels inside.
        conv_layers: Depthwise convolution blocks.
        attention_layers: Attention blocks.
        heads: Attention heads.
        window: Attention reaches so many frames to each side.
    """

    width: int = 192
    conv_layers: int = 4
    attention_layers: int = 2
    heads: int = 6
    window: int = 40


class Lifter(nn.Module):
    """Landmarks over time -> SMPL-22 joints over time."""

    chunk = 400
    """Frames lifted at a time."""

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.settings = LifterConfig(**config)
        width = self.settings.width
        self.read = nn.Linear(CHANNELS, width)
        convolutions = [
            ConvolutionBlock(width, dilation=1 + 2 * (i % 2), dropout=0.0)
            for i in range(self.settings.conv_layers)
        ]
        self.convolutions = nn.ModuleList(convolutions)
        self.attentions = nn.ModuleList(
            AttentionBlock(width, self.settings.heads, 0.0)
            for _ in range(self.settings.attention_layers)
        )
        reach = sum(int(block.depthwise.padding[0]) for block in convolutions)  # to each side
        self._reach = reach + self.settings.window * self.settings.attention_layers
        self.norm = nn.LayerNorm(width)
        self.write = nn.Linear(width, 3 * len(SMPL22))
        nn.init.zeros_(self.write.weight)  # it begins with what the picture shows
        nn.init.zeros_(self.write.bias)
        shown = torch.from_numpy(joints_in_picture()).float()
        self.register_buffer("shown", shown, persistent=False)

    def forward(self, channels: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, ``CHANNELS``) with a mask (B, T), True on real frames -> (B, T, 22, 3).

        In sizes of the body, from the pelvis, along the camera's axes: x right, y down, z away.
        """
        hidden = self.read(channels) * mask[..., None]
        for block in self.convolutions:
            hidden = block(hidden, mask)
        near = band(hidden.shape[1], self.settings.window, hidden.device)
        visible = near & mask[:, None, :] | torch.eye(len(near), dtype=torch.bool).to(near)
        width = self.settings.width // self.settings.heads
        rotation = rotary_code(hidden.shape[1], width, hidden.device)
        for block in self.attentions:
            hidden = block(hidden, visible[:, None], rotation)
        image = channels[..., : 2 * len(POINTS)].unflatten(-1, (len(POINTS), 2))
        flat = nn.functional.pad(self.shown @ image, (0, 1))  # (B, T, 22, 3) at no depth
        return flat + self.write(self.norm(hidden)).unflatten(-1, (len(SMPL22), 3))

    @torch.no_grad()
    def lift(self, seen: Seen) -> np.ndarray:
        """(T, 22, 3) of one clip, as of :meth:`forward`; in linear memory.

        It is looked at in a mirror, too, and the mean of both told: a mirrored clip gives the
        mirrored body to the last digit.
        """
        ways = np.stack([seen.channels(), seen.mirrored().channels()])
        channels = torch.from_numpy(ways)
        pieces = []
        for start in range(0, channels.shape[1], self.chunk):
            low, high = max(0, start - self._reach), start + self.chunk + self._reach
            some = channels[:, low:high]
            lifted = self(some, torch.ones(some.shape[:2], dtype=torch.bool))
            pieces.append(lifted[:, start - low : start - low + self.chunk])
        straight, turned = torch.cat(pieces, dim=1).double().numpy()
        return (straight + turned[:, _TWINS] * [-1, 1, 1]) / 2

    def save_pretrained(self, folder: str | Path) -> None:
        """Write ``config.json`` and ``model.safetensors``, in half precision."""
        from safetensors.torch import save_file

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(asdict(self.settings), indent=2) + "\n")
        halves = {name: value.half() for name, value in self.state_dict().items()}
        save_file(halves, folder / "model.safetensors")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> Lifter:
        """Read what :meth:`save_pretrained` wrote."""
        from safetensors.torch import load_file

        folder = Path(folder)
        lifter = cls(**json.loads((folder / "config.json").read_text()))
        lifter.load_state_dict(load_file(folder / "model.safetensors"))
        return lifter.float().requires_grad_(False).eval()
