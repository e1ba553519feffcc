"""The video encoder f_v: frames on the clip's own clock -> one feature vector each (section 3.1).

Paper: F_V = f_v(V), (T, H), from a frozen image encoder, a feature for every frame.
Here: any timm backbone, frozen, at a few frames a second, which sees the whole picture, the person
in it and, where it is asked to, each hand.
Because: what only pixels tell (colours, things held, who else is there) lasts for seconds; and a
hand with a cup in it is a few pixels of a small whole picture.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from llamo.encoders.video_cache import FeatureCache, Features
from llamo.encoders.views import PERSON, VIEWS, WHOLE, sampled, views_of
from llamo.errors import MissingDependency, ModelError
from llamo.video import Video

HUB = "hf-hub:"
"""A backbone that begins so is downloaded, pretrained; no other ever is."""

AT_ONCE = 32
"""Squares that go through the backbone together."""


_ASLEEP = ContextVar("_ASLEEP", default=False)
_WAKING = threading.Lock()


@contextmanager
def asleep() -> Iterator[None]:
    """Video encoders that are built inside get no backbone yet.

    To import timm takes most of a second, which nobody should wait for who asks a motion.
    """
    token = _ASLEEP.set(True)
    try:
        yield
    finally:
        _ASLEEP.reset(token)


@dataclass(frozen=True)
class VideoEncoderConfig:
    """Sizes of the video encoder.

    Args:
        backbone: Name of a timm architecture.
        options: Further arguments of ``timm.create_model``, such as ``img_size``.
        side: Of the squares that the backbone sees, pixels.
        mean, std: Of the pixels in 0-1 that it was trained on, per colour.
        views: What it sees of a frame: ``whole`` picture, ``person``, ``left_hand``,
            ``right_hand``.
        rate_hz: Frames a second.
        most_frames: Frames of a clip at most; those of a longer one are spread evenly.
        pooled: Channels that the backbone gives; None asks it.
        width: Channels that each view is projected to; None keeps the backbone's.
        concepts: Channels beside them that say plainly what pretraining taught, as standardised
            log-odds.
        concept_words, concept_sizes: As of the motion encoder.
    """

    backbone: str = "mobilenetv4_conv_small"
    options: dict[str, Any] = field(default_factory=dict)
    side: int = 144
    mean: Sequence[float] = (0.485, 0.456, 0.406)
    std: Sequence[float] = (0.229, 0.224, 0.225)
    views: Sequence[str] = (WHOLE, PERSON)
    rate_hz: float = 2.0
    most_frames: int = 240
    pooled: int | None = None
    width: int | None = None
    concepts: int = 0
    concept_words: Sequence[Sequence[str]] = ()
    concept_sizes: Sequence[int] = ()


class VideoEncoder(nn.Module):
    """Frames of a video -> video features with the time of each.

    Without timm it is built all the same, so that weights which hold one can be used on motion
    alone; only to encode it needs the backbone.

    Args:
        **config: Of :class:`VideoEncoderConfig`.

    Raises:
        ModelError: No such backbone, or one that does not take its options.
    """

    concept_mean: torch.Tensor
    concept_scale: torch.Tensor
    colour_mean: torch.Tensor
    colour_std: torch.Tensor

    def __init__(self, **config: Any) -> None:
        super().__init__()
        settings = VideoEncoderConfig(**config)
        self.backbone_in: Path | None = None
        """Folder of safetensors that hold the backbone of an encoder built asleep."""
        if not settings.views or set(settings.views) - set(VIEWS):
            raise ModelError(f"views must be of {', '.join(VIEWS)}, got {settings.views!r}.")
        sleeps = _ASLEEP.get() and settings.pooled is not None
        self.backbone = None if sleeps else _backbone(settings)
        if self.backbone is not None:
            settings = replace(settings, pooled=_pooled(self.backbone))
        elif settings.pooled is None:
            raise MissingDependency(_NO_TIMM)
        assert settings.pooled is not None
        self.settings = settings
        self.project = None
        if settings.width:
            self.project = nn.Sequential(
                nn.Linear(settings.pooled, settings.width), nn.LayerNorm(settings.width)
            )
        colours = (("colour_mean", settings.mean), ("colour_std", settings.std))
        for name, values in colours:
            self.register_buffer(name, 255 * torch.tensor(list(values))[:, None, None])
        self.concepts = None
        if settings.concepts:
            self.concepts = nn.Linear(self.view_width * len(settings.views), settings.concepts)
            self.register_buffer("concept_mean", torch.zeros(settings.concepts))
            self.register_buffer("concept_scale", torch.ones(settings.concepts))

    @property
    def can_look(self) -> bool:
        """Whether there is a backbone, or there will be as soon as it is needed."""
        return self.backbone is not None or (self.backbone_in is not None and _has_timm())

    def wake(self) -> None:
        """Build the backbone that was left in its file, unless it is there or timm is not."""
        from safetensors import safe_open

        with _WAKING:
            if self.backbone is not None or not self.can_look:
                return
            assert self.backbone_in is not None
            backbone, weights = _backbone(self.settings), {}
            assert backbone is not None
            for path in sorted(self.backbone_in.glob("*.safetensors")):
                with safe_open(path, framework="pt") as tensors:
                    for name in tensors.keys():  # noqa: SIM118 - not a mapping
                        if name.startswith(_BACKBONE_WEIGHTS):
                            own = name.removeprefix(_BACKBONE_WEIGHTS)
                            weights[own] = tensors.get_tensor(name)
            backbone.load_state_dict(weights)
            backbone.requires_grad_(False).to(self.colour_mean)
            self.backbone = backbone.eval()

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """As of any module; of an encoder asleep with its backbone."""
        self.wake()
        return super().state_dict(*args, **kwargs)

    @property
    def config(self) -> dict[str, Any]:
        """Keyword arguments that build the same encoder again."""
        return json.loads(json.dumps(asdict(self.settings)))  # lists, as files hold them

    @property
    def view_width(self) -> int:
        """Channels of one view."""
        return self.settings.width or self.settings.pooled or 0

    @property
    def width(self) -> int:
        """H_v, the width of the features."""
        return self.view_width * len(self.settings.views) + self.settings.concepts

    @property
    def rate_hz(self) -> float:
        """Features a second of a clip that is not very long."""
        return self.settings.rate_hz

    def log_odds(self, features: torch.Tensor) -> torch.Tensor:
        """As of the motion encoder: F_V (..., H_v) -> logits (..., V) of what has words."""
        said = features[..., self.width - self.settings.concepts :]
        said = said * self.concept_scale + self.concept_mean
        parts = said.split(list(self.settings.concept_sizes), dim=-1)
        worded = zip(parts, self.settings.concept_words, strict=True)
        return torch.cat([part for part, words in worded if words], dim=-1)

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        """Encode what :meth:`prepare` gave.

        Args:
            squares: (S, V, 3, side, side) uint8.

        Returns:
            F_V, (S, H_v).

        Raises:
            MissingDependency: timm is not installed.
        """
        self.wake()
        if self.backbone is None:
            raise MissingDependency(_NO_TIMM)
        pixels = squares.flatten(0, 1).to(self.colour_mean.dtype)  # (S V, 3, side, side)
        pixels = (pixels - self.colour_mean) / self.colour_std
        # Convolutions on a CPU take two thirds of the time with the channels last.
        pooled = self.backbone(pixels.contiguous(memory_format=torch.channels_last))
        if self.project is not None:
            pooled = self.project(pooled)
        features = pooled.view(len(squares), -1)  # (S, V H)
        if self.concepts is not None:
            features = torch.cat([features, self.concepts(features)], dim=-1)
        return features

    def prepare(
        self, video: Video, boxes: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sample a video and cut its frames.

        Args:
            video: All of it; frames beyond what is sampled are not looked at.
            boxes: (S, 3, 4) left, top, right, bottom of the person, the left and the right hand
                in each of its frames, pixels, NaN where nobody knows; or (S, 4) of the person
                alone; None: nowhere.

        Returns:
            Squares (S', V, 3, side, side) uint8 and the time of each in seconds, (S',).
        """
        chosen = sampled(video.times_s, self.rate_hz, self.settings.most_frames)
        some = None if boxes is None else boxes[chosen]
        squares = views_of(
            video.frames[chosen], some, tuple(self.settings.views), self.settings.side
        )
        return squares, video.times_s[chosen]

    @torch.no_grad()
    def encode(
        self, video: Video, boxes: np.ndarray | None = None, cache: FeatureCache | None = None
    ) -> Features:
        """Encode one video.

        Args:
            video, boxes: As of :meth:`prepare`.
            cache: Where features are looked up first, by what was shown to which weights.

        Returns:
            features (S', H_v) and the time of each in seconds (S',), on the CPU.
        """
        squares, time_s = self.prepare(video, boxes)
        if cache is None:
            return self._encode(squares, time_s)
        digest = hashlib.blake2b(self.fingerprint().encode(), digest_size=20)
        digest.update(np.ascontiguousarray(time_s).tobytes())
        digest.update(squares.tobytes())
        return cache.get(digest.hexdigest(), lambda: self._encode(squares, time_s))

    def _encode(self, squares: np.ndarray, time_s: np.ndarray) -> Features:
        count = max(1, AT_ONCE // len(self.settings.views))
        device = self.colour_mean.device
        pieces = [
            self(torch.from_numpy(squares[first : first + count]).to(device)).float().cpu()
            for first in range(0, len(squares), count)
        ]
        return Features(torch.cat(pieces), torch.from_numpy(time_s).float())

    def fingerprint(self) -> str:
        """Tells the weights and settings from any others."""
        digest = hashlib.blake2b(json.dumps(self.config, sort_keys=True).encode(), digest_size=20)
        for name, value in sorted(self.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write ``config.json`` and ``model.safetensors``, in half precision."""
        from safetensors.torch import save_file

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            name: (value.half() if value.is_floating_point() else value).contiguous()
            for name, value in self.state_dict().items()
        }
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")
        save_file(state, folder / "model.safetensors")

    @classmethod
    def from_pretrained(cls, name: str | Path, **config: Any) -> VideoEncoder:
        """A frozen encoder.

        Args:
            name: A folder that :meth:`save_pretrained` wrote; or ``hf-hub:`` and a timm model of
                the hub, downloaded with its weights (``hf-hub:timm/vit_small_patch14_dinov2
                .lvd142m``); or a file ``ARCHITECTURE.safetensors`` of a timm model's weights.
            **config: Changes to its settings; for a hub model or a file all of
                :class:`VideoEncoderConfig`.

        Raises:
            ModelError: Nothing there, or weights that do not fit.
        """
        if str(name).startswith(HUB) or str(name).endswith(".safetensors"):
            return _of_timm(cls, str(name), config)
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        folder = Path(name)
        try:
            encoder = cls(**{**json.loads((folder / "config.json").read_text()), **config})
            encoder.load_state_dict(load_file(folder / "model.safetensors"))
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            first = str(error).splitlines()[0]
            raise ModelError(f"{folder} holds no video encoder: {first}") from error
        return encoder.requires_grad_(False).eval()


_BACKBONE_WEIGHTS = "video_encoder.backbone."
"""How the names of a backbone's weights begin in the file of a whole model."""

_NO_TIMM = "the video encoder needs timm: pip install 'llamo[video]'."


def _of_timm(cls: type[VideoEncoder], name: str, config: dict[str, Any]) -> VideoEncoder:
    """A published backbone, with the pixels that it was trained on."""
    timm = _timm()
    if timm is None:
        raise MissingDependency(_NO_TIMM)
    options = dict(config.get("options", {}))
    try:
        if name.startswith(HUB):
            backbone = timm.create_model(name, pretrained=True, num_classes=0, **options)
        else:
            backbone = timm.create_model(
                Path(name).stem, num_classes=0, checkpoint_path=name, **options
            )
    except Exception as error:  # timm, torch and the hub raise of all kinds
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{name} cannot be had from timm: {first}") from error
    pixels = timm.data.resolve_model_data_config(backbone)
    settings = {
        "side": pixels["input_size"][-1], "mean": list(pixels["mean"]), "std": list(pixels["std"]),
        **config, "backbone": backbone.pretrained_cfg["architecture"],
    }  # fmt: skip
    encoder = cls(**settings)
    assert encoder.backbone is not None
    encoder.backbone.load_state_dict(backbone.state_dict())
    return encoder.requires_grad_(False).eval()


def _has_timm() -> bool:
    return importlib.util.find_spec("timm") is not None


def _timm() -> Any:
    return importlib.import_module("timm") if _has_timm() else None


def _backbone(settings: VideoEncoderConfig) -> nn.Module | None:
    timm = _timm()
    if timm is None:
        return None
    if settings.backbone.startswith(HUB):
        raise ModelError(f"{settings.backbone} is loaded by VideoEncoder.from_pretrained.")
    try:
        # On the CPU, whatever is built around it: weights made on no device would stay empty
        # where timm computes some of them.
        with torch.device("cpu"):
            return timm.create_model(
                settings.backbone, pretrained=False, num_classes=0, **settings.options
            )
    except (RuntimeError, ValueError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"timm builds no backbone {settings.backbone!r}: {first}") from error


def _pooled(backbone: nn.Module) -> int:
    """Channels that a timm model without classifier gives."""
    width = getattr(backbone, "head_hidden_size", None) or backbone.num_features
    assert isinstance(width, int)
    return width
