"""Which of a clip's streams a training step shows."""

from __future__ import annotations

import numpy as np
import torch

from llamo.data.question import CANT_TELL
from llamo.train.question_pool import PoolClip, PoolQuestion
from llamo.train.streams import choose_streams, videos_of, without_video


def test_without_the_video_nobody_knows_a_colour():
    colour = PoolQuestion("What colour?", "red", "", (), (), "colour", pixels=True)
    action = PoolQuestion("What?", "wave", "", ((0, 1),), (), "action")
    assert without_video(colour).answer.startswith(CANT_TELL)
    assert without_video(action) == action


def test_a_clip_is_shown_as_motion_as_video_or_as_both():
    colour = PoolQuestion("What colour?", "red", "reps 3", (), (), "colour", pixels=True)
    action = PoolQuestion("What?", "wave", "", ((0, 1),), (), "action")
    video = (np.zeros((3, 4), np.float16), np.arange(3))
    clip = PoolClip(np.zeros((9, 5), np.float16), (colour, action), video)
    seen = {"motion": 0, "video": 0, "both": 0}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        features, videos, asked = choose_streams(
            [clip, clip], [torch.zeros(9, 5)] * 2, [colour, colour, action], [1, 2],
            lambda video, _: videos_of([clip])[0], rng,
        )  # fmt: skip
        assert len(features[1]) == 9  # a question about the motion needs it
        for row, one in ((0, asked[0]), (1, asked[1])):
            assert one.answer.startswith(CANT_TELL) == (videos[row] is None)
        kind = "motion" if videos[0] is None else "both" if len(features[0]) else "video"
        seen[kind] += 1
    assert seen["motion"] > 20 and seen["video"] > 12 and seen["both"] > 100
    plain = PoolClip(clip.features, (colour,))
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    choose_streams([plain], [torch.zeros(9, 5)], [colour], [1], None, rng)  # type: ignore[arg-type]
    assert rng.random() == same.random()  # clips of motion alone take nothing from chance


def test_what_motion_tells_is_asked_beside_videos_of_other_clips():
    colour = PoolQuestion("What colour?", "red", "", (), (), "colour", pixels=True)
    action = PoolQuestion("What?", "wave", "", ((0, 1),), (), "action")
    features = np.zeros((9, 5), np.float16)
    one, other = (
        PoolClip(features, (action, colour), (np.full((3, 4), tone, np.float16), np.arange(3)))
        for tone in (1, 2)
    )
    foreign = {False: 0, True: 0}
    for seed in range(200):
        for asked in ([action], [action, colour]):
            _, videos, answered = choose_streams(
                [one, other], [torch.zeros(9, 5)] * 2, [*asked, *asked], [len(asked)] * 2,
                lambda video, _: (torch.from_numpy(video[0]), torch.from_numpy(video[1])),
                np.random.default_rng(seed), motion_alone=0.0,
            )  # fmt: skip
            assert answered[0] == action
            foreign[len(asked) > 1] += bool((videos[0][0] == 2).all())
    assert 15 < foreign[False] < 50  # three in ten, half of them their own by chance
    assert not foreign[True]  # whose colour would be another's
