"""The video encoder: clock, views, weights saved and loaded, features found again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from llamo.encoders import video as video_module
from llamo.encoders.video import VideoEncoder
from llamo.encoders.video_cache import FeatureCache, Features
from llamo.encoders.views import boxes_around, hand_boxes, sampled, views_of
from llamo.errors import InvalidVideo, MissingDependency, ModelError
from llamo.video import Video

pytest.importorskip("timm")

SMALL = {"backbone": "test_resnet", "side": 32, "width": 8}
"""The smallest network that timm has: for tests."""


def small_encoder(**changes) -> VideoEncoder:
    torch.manual_seed(0)
    return VideoEncoder(**{**SMALL, **changes}).requires_grad_(False).eval()


def video_of(times_s, size=(40, 24), seed: int = 0) -> Video:
    times_s = np.asarray(times_s, np.float64)
    frames = np.random.default_rng(seed).integers(
        0, 256, (len(times_s), size[1], size[0], 3), np.uint8
    )
    return Video(frames, times_s, np.arange(len(times_s), dtype=np.int64), size)


# --- the clip's own clock ------------------------------------------------------------------------


def test_frames_are_the_nearest_to_the_ticks_of_a_clock_in_seconds():
    assert list(sampled(np.arange(30) / 10, 2.0, 99)) == [0, 5, 10, 15, 20, 25]
    halting = np.array([0.0, 0.1, 0.2, 1.9, 2.0, 2.1])  # a camera that halts
    assert list(sampled(halting, 1.0, 99)) == [0, 2, 4]
    assert list(sampled(np.array([0.0]), 2.0, 99)) == [0]
    assert list(sampled(np.array([0.0, 3.0]), 2.0, 99)) == [0, 1]


def test_a_long_clip_is_sampled_evenly_up_to_a_bound():
    chosen = sampled(np.arange(6000) / 10, 2.0, 100)
    assert len(chosen) == 100 and chosen[0] == 0 and chosen[-1] == 5999
    assert np.ptp(np.diff(chosen)) <= 1


def test_features_carry_the_times_of_their_frames():
    times_s = np.concatenate([np.arange(20) / 30, 0.7 + np.arange(40) / 12])  # 30, then 12 a second
    seen = small_encoder().encode(video_of(times_s))
    assert seen.features.shape == (len(seen.time_s), small_encoder().width)
    assert np.isin(seen.time_s.numpy(), times_s.astype(np.float32)).all()
    assert np.abs(seen.time_s.numpy() - np.arange(len(seen.time_s)) / 2).max() < 0.05


# --- what is seen --------------------------------------------------------------------------------


def test_a_wide_picture_is_shown_whole_with_grey_above_and_below():
    frames = np.full((1, 20, 40, 3), 255, np.uint8)
    square = views_of(frames, None, ("whole",), 40)[0, 0]
    assert (square[:, 10:30] == 255).all()
    assert (square[:, :9] < 255).all() and (square[:, 31:] < 255).all()


def test_the_person_is_cut_out_with_a_margin():
    frames = np.zeros((1, 60, 80, 3), np.uint8)
    frames[0, 20:40, 30:40] = 255  # 10 wide, 20 high
    box = np.array([[30.0, 20.0, 40.0, 40.0]])
    whole, person = views_of(frames, box, ("whole", "person"), 52)[0]
    assert (person == 255).mean() > 4 * (whole == 255).mean()
    rows = np.flatnonzero((person[0] > 128).any(1))
    assert rows.min() >= 4 and rows.max() <= 47  # of 52: the margin is free


def test_without_a_box_the_whole_picture_stands_in():
    frames = video_of([0.0]).frames
    unknown = np.full((1, 4), np.nan)
    whole, person = views_of(frames, unknown, ("whole", "person"), 32)[0]
    np.testing.assert_array_equal(whole, person)
    beyond = np.array([[500.0, 500.0, 501.0, 501.0]])  # a detector's slip
    assert views_of(frames, beyond, ("person",), 32).shape == (1, 1, 3, 32, 32)
    with pytest.raises(InvalidVideo, match="boxes must be"):
        views_of(frames, np.zeros((2, 4)), ("person",), 32)


def test_a_hand_is_cut_out_and_one_that_nobody_knows_is_grey():
    frames = np.zeros((1, 60, 80, 3), np.uint8)
    frames[0, 20:30, 30:40] = 255
    boxes = np.full((1, 3, 4), np.nan)
    boxes[0, 2] = [30, 20, 40, 30]
    left, right, person = views_of(frames, boxes, ("left_hand", "right_hand", "person"), 26)[0]
    assert len(np.unique(left)) == 1 and 0 < left[0, 0, 0] < 255
    assert 0.5 < (right > 128).mean() < 0.7  # of 13 x 13, 10 x 10
    assert (person == 255).mean() < 0.05  # the whole picture stands in
    without = views_of(frames, None, ("left_hand",), 26)[0, 0]
    np.testing.assert_array_equal(without, left)


def test_a_hands_box_lies_beyond_the_wrist_and_is_as_large_as_the_trunk():
    shoulders = np.array([[[60.0, 20.0], [40.0, 20.0]]])  # left, right
    hips = np.add(shoulders, [0, 50])
    elbows, wrists = (np.add(shoulders, [[reach, 0], [-reach, 0]]) for reach in (20, 40))
    left, right = hand_boxes(shoulders, hips, elbows, wrists)[0]
    assert left[2] - left[0] == left[3] - left[1] == right[2] - right[0]
    assert 50 < left[2] - left[0] < 75
    assert (left[:2] + left[2:]) / 2 == pytest.approx([107, 20])
    assert (right[:2] + right[2:]) / 2 == pytest.approx([-7, 20])
    lying = hand_boxes(shoulders, shoulders, elbows, wrists)[0, 0]  # the trunk towards the camera
    assert lying[2] - lying[0] > 20
    wrists[0, 0] = np.nan
    left, right = hand_boxes(shoulders, hips, elbows, wrists)[0]
    assert np.isnan(left).all() and np.isfinite(right).all()


def test_boxes_go_around_what_is_known():
    points = np.array([[[1.0, 2.0], [5.0, 9.0], [np.nan, 0.0]], [[np.nan] * 2] * 3])
    boxes = boxes_around(points)
    np.testing.assert_array_equal(boxes[0], [1, 2, 5, 9])
    assert np.isnan(boxes[1]).all()


def test_a_person_elsewhere_changes_the_features_of_the_person_alone():
    encoder, video = small_encoder(), video_of([0.0, 0.5])
    one, other = (
        encoder.encode(video, np.array([box, box], float)).features
        for box in ([2, 2, 12, 20], [25, 2, 35, 20])
    )
    torch.testing.assert_close(one[:, :8], other[:, :8])  # the whole picture
    assert not torch.allclose(one[:, 8:], other[:, 8:])


# --- weights -------------------------------------------------------------------------------------


def test_saved_and_loaded_it_gives_the_same_features(tmp_path: Path):
    encoder = small_encoder()
    encoder.save_pretrained(tmp_path)
    again = VideoEncoder.from_pretrained(tmp_path)
    assert again.config == encoder.config
    assert not any(one.requires_grad for one in again.parameters()) and not again.training
    video = video_of(np.arange(10) / 4)
    torch.testing.assert_close(
        again.encode(video).features, encoder.encode(video).features, atol=0.05, rtol=0.05
    )
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2_000_000


def test_batches_do_not_change_what_a_frame_is():
    encoder, video = small_encoder(), video_of(np.arange(50) / 2)
    some = Video(video.frames[:3], video.times_s[:3], video.source_frames[:3], video.size)
    torch.testing.assert_close(
        encoder.encode(video).features[:3], encoder.encode(some).features, atol=1e-4, rtol=1e-4
    )


def test_any_backbone_of_timm_by_name_or_by_a_file_of_its_weights(tmp_path: Path):
    import timm
    from safetensors.torch import save_file

    torch.manual_seed(1)
    vit = timm.create_model("test_vit", pretrained=False, num_classes=0)
    path = tmp_path / "test_vit.safetensors"
    save_file(vit.state_dict(), path)
    encoder = VideoEncoder.from_pretrained(path, views=["whole"])
    assert encoder.settings.backbone == "test_vit" and encoder.width == vit.num_features
    squares = torch.randint(0, 256, (2, 1, 3, encoder.settings.side, encoder.settings.side))
    mean, std = encoder.colour_mean, encoder.colour_std
    torch.testing.assert_close(encoder(squares), vit.eval()((squares[:, 0] - mean) / std))
    encoder.save_pretrained(tmp_path / "saved")
    assert VideoEncoder.from_pretrained(tmp_path / "saved").width == encoder.width


@pytest.mark.parametrize(
    ("change", "part"),
    [({"backbone": "no_such_net"}, "no backbone"), ({"views": ["back"]}, "views must be"),
     ({"backbone": "hf-hub:timm/x"}, "from_pretrained")],
)  # fmt: skip
def test_what_cannot_be_built_is_one_clear_line(change: dict, part: str):
    with pytest.raises(ModelError, match=part):
        VideoEncoder(**{**SMALL, **change})


def test_a_folder_without_weights_is_one_clear_line(tmp_path: Path):
    with pytest.raises(ModelError, match="holds no video encoder"):
        VideoEncoder.from_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"backbone": "test_resnet", "colour": 3}))
    with pytest.raises(ModelError, match="holds no video encoder"):
        VideoEncoder.from_pretrained(tmp_path)


def test_without_timm_it_is_built_but_does_not_encode(monkeypatch: pytest.MonkeyPatch):
    config = small_encoder().config
    monkeypatch.setattr(video_module, "_has_timm", lambda: False)
    encoder = VideoEncoder(**config)
    assert encoder.width == small_encoder_width(config)
    with pytest.raises(MissingDependency, match=r"llamo\[video\]"):
        encoder.encode(video_of([0.0, 0.5]))


def small_encoder_width(config: dict) -> int:
    return config["width"] * len(config["views"])


# --- found again ---------------------------------------------------------------------------------


def test_the_same_frames_are_encoded_once_and_others_are_not_taken_for_them(
    monkeypatch: pytest.MonkeyPatch,
):
    encoder, cache = small_encoder(), FeatureCache()
    count = 0
    forward = VideoEncoder.forward

    def counted(self, squares):
        nonlocal count
        count += 1
        return forward(self, squares)

    monkeypatch.setattr(VideoEncoder, "forward", counted)
    first = encoder.encode(video_of(np.arange(4) / 2), cache=cache)
    again = encoder.encode(video_of(np.arange(4) / 2), cache=cache)
    assert count == 1 and torch.equal(first.features, again.features)
    encoder.encode(video_of(np.arange(4) / 2, seed=1), cache=cache)  # other frames
    encoder.encode(video_of(np.arange(4) / 2), np.ones((4, 4)) * [1, 1, 9, 9], cache)  # a box
    with torch.no_grad():
        next(encoder.parameters()).add_(0.1)  # other weights
    encoder.encode(video_of(np.arange(4) / 2), cache=cache)
    assert count == 4


def features(size: int) -> Features:
    return Features(torch.zeros(size, 10), torch.zeros(size))


def test_the_cache_is_bounded_and_forgets_what_was_not_used_for_longest():
    cache = FeatureCache(megabytes=0.01)  # 227 rows of 44 bytes
    made: list[str] = []

    def get(key: str, size: int = 100) -> None:
        cache.get(key, lambda: made.append(key) or features(size))

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert made == ["a", "b", "c", "b"]
    get("huge", 1000)
    get("huge", 1000)
    assert made.count("huge") == 2 and len(cache) == 2


def test_nothing_is_written_unless_a_folder_is_given(tmp_path: Path):
    FeatureCache().get("a", lambda: features(2))
    assert not list(tmp_path.iterdir())
    FeatureCache(folder=tmp_path).get("a", lambda: features(2))
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]
    found = FeatureCache(folder=tmp_path).get("a", lambda: pytest.fail("it was kept"))
    assert found.features.shape == (2, 10)
    (tmp_path / "a.safetensors").write_bytes(b"half")
    assert FeatureCache(folder=tmp_path).get("a", lambda: features(3)).features.shape == (3, 10)
