"""Which of a clip's streams a training step shows: motion, video, or both.

One model takes all three ways in. Without the video nobody knows a colour, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from llamo.data.question import abstention
from llamo.train.question_pool import PoolClip, PoolQuestion, QuestionPool

Video = tuple[torch.Tensor, torch.Tensor]
"""F_V (S, H_v), and the time of each in seconds (S,)."""

MOTION_ALONE = 0.2
"""Share of the filmed clips that are shown as motion alone, once all kinds of questions mix: a
model that hears too early that nobody knows a colour stays with that answer, and does not look."""

_VIDEO_ALONE = 0.15
"""Share that is shown as video alone, where all that is asked can be seen in single pictures."""

_FOREIGN = 0.3
"""Share of the clips asked for nothing that only pixels tell which are shown with another's video.

A real video looks unlike all that is drawn for training; what motion tells must not hang on it.
"""

_SOME = 300  # filmed clips that tell how far features spread


def choose_streams(
    clips: Sequence[PoolClip],
    features: list[torch.Tensor],
    questions: list[PoolQuestion],
    counts: Sequence[int],
    see: Callable[[tuple[np.ndarray, np.ndarray], np.random.Generator], Video],
    rng: np.random.Generator,
    motion_alone: float = MOTION_ALONE,
) -> tuple[list[torch.Tensor], list[Video | None], list[PoolQuestion]]:
    """Draw the streams of each clip of a batch.

    Args:
        clips: Of the batch.
        features: F_M of each.
        questions: About them, in the order of the clips.
        counts: Questions about each.
        see: Gives what is shown of a video.
        rng: Source of every choice; clips without a video take nothing from it.
        motion_alone: Share that is shown without the video.

    Returns:
        F_M of each, of no frames where the video alone is shown; videos, None where the motion
        alone is; questions, with the answers that what is shown allows.
    """
    features, questions = list(features), list(questions)
    videos: list[Video | None] = []
    filmed = [clip.video for clip in clips if clip.video is not None]
    start = 0
    for row, (clip, count) in enumerate(zip(clips, counts, strict=True)):
        asked = range(start, start + count)
        start += count
        if clip.video is None:
            videos.append(None)
            continue
        luck = rng.random()
        if luck < motion_alone:
            videos.append(None)
            for place in asked:
                questions[place] = without_video(questions[place])
            continue
        plain = not any(questions[place].pixels for place in asked)
        if plain and rng.random() < _FOREIGN:
            videos.append(see(filmed[int(rng.integers(len(filmed)))], rng))
            continue
        videos.append(see(clip.video, rng))
        if luck > 1 - _VIDEO_ALONE and all(questions[place].pixels for place in asked):
            features[row] = features[row][:0]
            for place in asked:
                questions[place] = replace(questions[place], facts="")
    return features, videos, questions


def without_video(one: PoolQuestion) -> PoolQuestion:
    """The question of someone who has the motion alone."""
    return replace(one, answer=abstention("unseen"), looks_s=()) if one.pixels else one


def video_spread(pool: QuestionPool) -> np.ndarray | None:
    """(H_v,) standard deviation of the video features; None where nothing is filmed."""
    seen = [clip.video[0] for clip in pool.clips if clip.video is not None]
    if not seen:
        return None
    return np.concatenate(seen[:: max(1, len(seen) // _SOME)]).astype(np.float32).std(0)


def videos_of(clips: Sequence[PoolClip]) -> list[Video | None]:
    """The videos of some clips as they are."""
    return [
        None
        if clip.video is None
        else (torch.from_numpy(clip.video[0]).float(), torch.from_numpy(clip.video[1]).float())
        for clip in clips
    ]


def pad_features(
    features: list[torch.Tensor], owners: Iterable[int], rate_hz: float = 10.0
) -> dict[str, torch.Tensor]:
    """The motion part of a batch."""
    padded = pad_sequence(features, batch_first=True)
    lengths = torch.tensor([len(one) for one in features])
    frames = torch.arange(padded.shape[1])
    return {
        "motion_features": padded,
        "motion_mask": frames < lengths[:, None],
        "motion_time_s": (frames / rate_hz).expand(len(features), -1),
        "clip_index": torch.tensor(list(owners)),
    }


def pad_videos(videos: Sequence[Video | None]) -> dict[str, torch.Tensor]:
    """The video part of a batch; nothing where no clip has one."""
    known = [one for one in videos if one is not None]
    if not known:
        return {}
    none = (known[0][0][:0], known[0][1][:0])
    rows = [one or none for one in videos]
    lengths = torch.tensor([len(time_s) for _, time_s in rows])
    features = pad_sequence([one for one, _ in rows], batch_first=True)
    return {
        "video_features": features,
        "video_mask": torch.arange(features.shape[1]) < lengths[:, None],
        "video_time_s": pad_sequence([time_s for _, time_s in rows], batch_first=True),
    }
