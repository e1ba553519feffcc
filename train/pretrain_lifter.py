"""The lift stage: the lifter learns to see a body in space in its landmarks.

Half of what it is shown are films of training people, as the pose detector saw them; half are
recordings seen by random cameras, of which there is no end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from llamo.data.clips import LabelledClip
from llamo.encoders.lifter import Lifter
from llamo.encoders.lifter_input import ADULT_M, CHANNELS, FEET
from llamo.errors import InvalidData
from llamo.skeleton import SMPL22
from llamo.train.claim import claim
from llamo.train.film_pairs import films_of, library_of
from llamo.train.landmark_places import fit_places
from llamo.train.landmark_views import (
    View,
    drawn_from_film,
    drawn_from_recording,
    sight_of,
    view_of,
)
from llamo.train.loop import Loop, StageData
from llamo.train.recipe import LiftStage

_FILMS = 0.5
"""Share of a batch."""

_SINGLE = 0.7
"""Share of the recordings that show one act alone."""

_HEAVY = ("elbow", "wrist", "ankle")
"""Joints that tell most, and are hardest, count twice."""

_VELOCITY = 0.5
"""Weight of what moves from frame to frame beside where it is."""


def pretrain_lifter(
    clips: Sequence[LabelledClip],
    held_out: Sequence[LabelledClip],
    stage: LiftStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> Lifter:
    """Train the lifter; resume where an earlier run stopped.

    Args:
        clips: To train on.
        held_out: People of whom a few are filmed to report on; may be empty.
        stage: Sizes and steps.
        out: Folder of films, checkpoint, curve and, at the end, the lifter.

    Raises:
        InvalidData: The folder was begun with other settings, or no film shows anybody.
        MissingDependency: MediaPipe is not installed.
    """
    done = out / "lifter"
    if (done / "model.safetensors").exists():
        return Lifter.from_pretrained(done)
    claim(out / "settings.json", asdict(stage), f"{out} was begun with other settings; delete it.")
    films = films_of(clips, stage.films, out / "films", seed=seed, workers=stage.workers)
    tested = (
        films_of(held_out, stage.tested, out / "tested", seed=seed + 1, workers=stage.workers)
        if held_out
        else []
    )
    views, unseen = ([v for film in some if (v := view_of(film)) is not None]
                     for some in (films, tested))  # fmt: skip
    if not views:
        raise InvalidData(f"none of {len(films)} films shows a person whom the detector finds.")
    places = fit_places([sight for film in films if (sight := sight_of(film)) is not None])
    library = library_of(clips)

    def draw(rng: np.random.Generator, step: int) -> tuple[torch.Tensor, ...]:
        drawn = []
        for _ in range(stage.batch_size):
            if rng.random() < _FILMS:
                drawn.append(drawn_from_film(views[int(rng.integers(len(views)))], rng))
                continue
            single = rng.random() < _SINGLE
            sequence = library.draw_single(rng) if single else library.draw_splice(rng)
            drawn.append(drawn_from_recording(sequence.motion, places, rng))
        return collate(drawn)

    torch.manual_seed(seed)
    lifter = Lifter(**stage.model).to(device)

    def loss(batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        channels, body, mask = batch
        return lifting_loss(lifter(channels, mask), body, mask)

    def validate() -> dict[str, float]:
        return errors_mm(lifter, unseen) if unseen else {}

    loop = Loop(
        {"lifter": lifter}, out, steps=stage.steps, learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay, title="lifter",
        validate_every=max(1, stage.steps // 4),
    )  # fmt: skip
    loop.run(StageData(draw, seed, device), loss, validate)
    lifter.to("cpu").save_pretrained(done)
    return Lifter.from_pretrained(done)


def collate(views: Sequence[View]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Channels (B, T, C), bodies (B, T, 22, 3) and the mask (B, T) of real frames."""
    longest = max(len(view.body) for view in views)
    channels = np.zeros((len(views), longest, CHANNELS), np.float32)
    bodies = np.zeros((len(views), longest, len(SMPL22), 3), np.float32)
    mask = np.zeros((len(views), longest), bool)
    for row, view in enumerate(views):
        length = len(view.body)
        channels[row, :length], bodies[row, :length] = view.seen.channels(), view.body
        mask[row, :length] = True
    return torch.from_numpy(channels), torch.from_numpy(bodies), torch.from_numpy(mask)


def lifting_loss(lifted: torch.Tensor, body: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """How far joints (B, T, 22, 3) are from where they should be, and go from where they should."""
    heavy = [name.endswith(_HEAVY) for name in SMPL22.joints]
    weights = 1.0 + torch.tensor(heavy, device=body.device)[:, None]
    away = lifted.float() - body
    place = (away.abs() * weights).mean((2, 3))
    velocity = (away.diff(dim=1).abs() * weights).mean((2, 3))
    going = mask[:, 1:] & mask[:, :-1]
    return place[mask].mean() + _VELOCITY * velocity[going].mean()


@torch.no_grad()
def errors_mm(lifter: Lifter, views: Sequence[View]) -> dict[str, float]:
    """Mean distance from the true joints, of all points and of those that COCO has."""
    lifter.eval()
    device = lifter.write.weight.device
    lifter.to("cpu")
    found: dict[str, list[np.ndarray]] = {}
    for view in views:
        for name, seen in (("all points", view.seen), ("without feet", view.seen.without(FEET))):
            away = np.linalg.norm(lifter.lift(seen) - view.body, axis=-1)
            found.setdefault(name, []).append(1000 * ADULT_M * away)
    lifter.to(device).train()
    return {f"{name}, mm": float(np.concatenate(some).mean()) for name, some in found.items()}
