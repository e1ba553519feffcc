"""Both streams from recipe to answer: the encoder's pretraining, the filmed pool, the model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_recipes import TINY

from llamo import Assistant
from llamo.clip import Footage
from llamo.data.question import CANT_TELL
from llamo.data.scenes import Facts, boxes_of, film, stage
from llamo.encoders import video as video_module
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.errors import InvalidData, ModelError
from llamo.processing import LlamoProcessor
from llamo.seeing import followed_boxes
from llamo.skeleton import MEDIAPIPE33
from llamo.streams import recognised
from llamo.train.batches import BatchDrawer
from llamo.train.collate import collate
from llamo.train.figure_clips import figure_clips
from llamo.train.new_model import TEMPLATE
from llamo.train.pretrain_video import (
    FrameHeads,
    frame_loss,
    go_on_from,
    joint_loss,
    with_concepts,
)
from llamo.train.question_pool import PoolQuestion, QuestionPool, make_pool
from llamo.train.recipe import InstructStage, PoolStage, VideoStage
from llamo.train.scene_frames import HIDDEN, TARGETS, SceneFrames, targets_of
from llamo.train.stages import run
from llamo.train.tokenizer import train_tokenizer

pytest.importorskip("timm")

CLOTHED = Facts("red", "blue", "trousers", "ball", "nothing", "green", None, "left", 2)
SMALL = {"backbone": "test_resnet", "side": 32, "width": 8}
RECIPE = (
    TINY
    + """
video: {model: {backbone: test_resnet, side: 32, width: 8}, steps: 2, batch_size: 8, filmed: 0.7}
"""
)


@pytest.fixture(scope="module")
def clips():
    return figure_clips(seed=0, count=1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("video")
    (folder / "tiny.yaml").write_text(RECIPE)
    return run(folder / "tiny.yaml", folder, folder / "run")


@pytest.fixture(scope="module")
def assistant(weights: Path) -> Assistant:
    return Assistant.from_pretrained(weights, device="cpu")


@pytest.fixture(scope="module")
def filmed(clips):
    motion = clips[0].motion
    scene = stage(motion, np.random.default_rng(0), size=(96, 96))
    times_s = np.arange(0, motion.duration_s, 1 / 8)
    return motion, film(scene, times_s), boxes_of(scene, times_s)


# --- the encoder's pretraining -------------------------------------------------------------------


def test_frames_of_scenes_carry_their_facts(clips):
    frames = SceneFrames(clips, ("whole", "person"), 32)
    batch = frames.batch(10, np.random.default_rng(0))
    assert batch.squares.shape == (10, 2, 3, 32, 32)
    assert batch.targets.shape == (10, len(TARGETS))
    assert (batch.targets < [len(answers) for answers in TARGETS.values()]).all()
    assert np.nanmax(np.abs(batch.joints)) <= 0.5
    again = frames.batch(10, np.random.default_rng(0))
    np.testing.assert_array_equal(batch.squares, again.squares)


def test_targets_are_the_places_of_the_facts():
    names = list(TARGETS)
    told = dict(zip(names, targets_of(CLOTHED), strict=True))
    assert {name: TARGETS[name][place] for name, place in told.items()} == {
        "top": "red", "bottom": "blue", "left hand": "ball", "right hand": "nothing",
        "thing's colour": "green", "camera": "left", "people": "2 people",
    }  # fmt: skip
    hidden = replace(CLOTHED, top=None, bottom=None, left=None, left_colour=None, camera=None)
    told = dict(zip(names, targets_of(hidden), strict=True))
    assert told["top"] == told["camera"] == told["thing's colour"] == -1
    assert TARGETS["left hand"][told["left hand"]] == TARGETS["bottom"][told["bottom"]] == HIDDEN


def test_losses_leave_out_what_nobody_knows():
    sizes = [len(answers) for answers in TARGETS.values()]
    logits = [torch.zeros(2, size) for size in sizes]
    unknown = torch.full((2, len(sizes)), -1)
    assert float(frame_loss(logits, unknown, 0.0)) == 0
    people = unknown.clone()
    people[0, -1] = 3
    assert float(frame_loss(logits, people, 0.0)) == pytest.approx(np.log(4), rel=1e-5)
    places = torch.zeros(1, 22, 2)
    joints = torch.full((1, 22, 2), float("nan"))
    assert float(joint_loss(places, joints)) == 0
    joints[0, 0] = 0.5
    assert float(joint_loss(places, joints)) == pytest.approx(0.5 - 0.015, rel=1e-4)


def test_an_encoder_with_more_views_begins_with_what_one_with_fewer_has_learnt(clips):
    torch.manual_seed(0)
    encoder = VideoEncoder(**SMALL)
    heads = FrameHeads(encoder.width)
    views = ("left_hand", "whole", "person")
    some = SceneFrames(clips, views, 32).batch(16, np.random.default_rng(0))
    seen = torch.from_numpy(some.squares)
    known = with_concepts(encoder, heads, replace(some, squares=some.squares[:, 1:]))
    grown = VideoEncoder(**{**SMALL, "views": views}).eval()
    more = FrameHeads(grown.width)
    go_on_from(known, grown, more)
    logits, _ = more(grown(seen))
    torch.testing.assert_close(
        torch.cat(logits, 1), known.log_odds(known(seen[:, 1:])), atol=1e-3, rtol=1e-3
    )
    other = VideoEncoder(**{**SMALL, "width": 4, "views": views})
    with pytest.raises(ModelError, match="goes on from one with concepts"):
        go_on_from(known, other, FrameHeads(other.width))


def test_the_heads_become_concepts_beside_the_same_features(clips):
    torch.manual_seed(0)
    encoder = VideoEncoder(**SMALL)
    heads = FrameHeads(encoder.width)
    some = SceneFrames(clips, ("whole", "person"), 32).batch(16, np.random.default_rng(0))
    grown = with_concepts(encoder, heads, some)
    features = grown(torch.from_numpy(some.squares))
    plain = encoder(torch.from_numpy(some.squares))
    torch.testing.assert_close(features[:, : encoder.width], plain)
    logits, _ = heads(plain)
    torch.testing.assert_close(grown.log_odds(features), torch.cat(logits, 1), atol=1e-3, rtol=0)
    sizes = [len(answers) for answers in TARGETS.values()]
    loud = torch.stack([part.var(0).sum() for part in features[:, encoder.width :].split(sizes, 1)])
    torch.testing.assert_close(loud / loud.mean(), torch.ones(len(sizes)), atol=0.3, rtol=0)


# --- the pool ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pool(clips, tmp_path_factory: pytest.TempPathFactory) -> QuestionPool:
    torch.manual_seed(0)
    motion = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    seeing = VideoEncoder(**SMALL).requires_grad_(False).eval()
    stage_of = PoolStage(sequences=24, workers=0)
    folder = tmp_path_factory.mktemp("pool")
    make_pool(clips, motion, stage_of, folder, video_encoder=seeing, filmed=0.5)
    return QuestionPool(folder)  # read again


def test_a_share_of_the_pool_is_filmed_and_asked_what_only_pixels_tell(pool: QuestionPool):
    seen = [clip for clip in pool.clips if clip.video is not None]
    unseen = [clip for clip in pool.clips if clip.video is None]
    assert 5 <= len(seen) <= 19
    for clip in seen:
        features, time_s = clip.video
        assert features.shape == (len(time_s), 16) and 1 <= len(time_s) <= 16
        assert time_s[0] == 0 and (np.diff(time_s) > 0).all()
        kinds = {one.kind for one in clip.questions if one.pixels}
        assert {"colour", "held"} <= kinds
        assert not any(one.kind == "unseen" for one in clip.questions)
    assert not any(one.pixels for clip in unseen for one in clip.questions)
    assert all(
        one.answer.startswith(CANT_TELL)
        for clip in unseen for one in clip.questions if one.kind == "unseen"
    )  # fmt: skip


def test_a_pool_without_videos_is_what_it_was(clips, tmp_path: Path):
    torch.manual_seed(0)
    motion = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    plain = make_pool(clips, motion, PoolStage(sequences=4, workers=0), tmp_path)
    assert all(clip.video is None for clip in plain.clips)
    assert not any(one.pixels for clip in plain.clips for one in clip.questions)
    with np.load(tmp_path / "chunk-000000.npz") as arrays:
        assert set(arrays) == {"features", "lengths"}


def test_batches_of_a_filmed_pool_train_every_way_in(pool: QuestionPool):
    from transformers import LlamaConfig

    from llamo.config import LlamoConfig
    from llamo.model import LlamoForConditionalGeneration

    tokenizer = train_tokenizer(pool.texts(), 500)
    processor = LlamoProcessor(tokenizer, num_viewpoints=4, template=TEMPLATE)
    drawer = BatchDrawer(pool, processor, InstructStage(clips_per_step=4))
    text = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    torch.manual_seed(0)
    model = LlamoForConditionalGeneration(
        LlamoConfig(
            text_config=text,
            motion_width=32,
            video_width=16,
            width=32,
            heads=2,
            num_viewpoints=4,
            motion_token_id=processor.motion_token_id,
        )
    )
    model.train()
    for seed in range(6):
        for draw in (drawer.mixed, drawer.easy):
            batch = draw(np.random.default_rng(seed))
            loss = model(**batch).loss
            assert torch.isfinite(loss)
            loss.backward()
        looking = drawer.looking(np.random.default_rng(seed))
        assert torch.isfinite(model.looking_loss(**looking))
    assert model.enhancer.video_in[1].weight.grad.abs().sum() > 0
    assert model.enhancer.no_motion.grad is not None


def test_a_clip_of_video_alone_has_targets_on_the_videos_clock(pool: QuestionPool):
    processor = LlamoProcessor(
        train_tokenizer(pool.texts(), 500), num_viewpoints=4, template=TEMPLATE
    )
    one = PoolQuestion("What colour?", "red", "", (), (), "colour", pixels=True)
    video = (torch.zeros(7, 16), torch.arange(7.0))
    batch = collate(
        processor, [torch.zeros(0, 32), torch.zeros(5, 32)], [one, one], [0, 1],
        videos=[video, None],
    )  # fmt: skip
    assert batch["viewpoint_targets"].shape == (2, 7)
    assert batch["video_mask"].sum(1).tolist() == [7, 0]


# --- from recipe to answer -----------------------------------------------------------------------


def test_a_recipe_with_videos_gives_weights_that_look(weights: Path, assistant: Assistant):
    config = json.loads((weights / "config.json").read_text())
    assert config["video_config"]["backbone"] == "test_resnet"
    assert config["video_width"] == 16 + sum(len(answers) for answers in TARGETS.values())
    assert assistant.model.video_encoder is not None
    assert not any(one.requires_grad for one in assistant.model.video_encoder.parameters())
    again = Assistant.from_pretrained(weights, device="cpu")
    assert again.fingerprint == assistant.fingerprint
    stages = json.loads((weights.parent / "seconds.json").read_text())
    assert "video" in stages


def test_three_ways_in_one_path(assistant: Assistant, filmed):
    motion, video, boxes = filmed
    sessions = {
        streams: assistant.open(motion, video=video, boxes=boxes, streams=streams)
        for streams in ("both", "motion", "video")
    }
    encoded = {name: session.encoded for name, session in sessions.items()}
    plain = assistant.open(motion).encoded
    torch.testing.assert_close(encoded["motion"].features, plain.features)
    assert not torch.allclose(encoded["both"].features, plain.features)
    assert encoded["video"].time_s.shape[1] == len(np.arange(0, video.duration_s + 1e-6, 0.5))
    for session in sessions.values():
        answer = session.ask("What colour is the person's shirt?")
        assert 0 <= answer.confidence <= 1
        assert all(0 <= one.time_s <= motion.duration_s for one in answer.viewpoints)


def test_a_clip_is_the_same_beside_one_without_a_video(assistant: Assistant, filmed):
    motion, video, boxes = filmed
    from llamo.batch import encode

    seen = assistant.model.video_encoder.encode(video, boxes)
    longer = replace(motion, joints=np.concatenate([motion.joints] * 2), rotations=None)
    together = encode(assistant.model, [motion, longer], [seen, None])
    for clip, one, features in ((together[0], motion, seen), (together[1], longer, None)):
        (alone,) = encode(assistant.model, [one], [features])
        torch.testing.assert_close(clip.features, alone.features, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(clip.log_odds, alone.log_odds, atol=1e-3, rtol=1e-3)


def test_what_is_seen_stands_beside_what_is_done(assistant: Assistant, filmed):
    motion, video, boxes = filmed
    model = assistant.model
    odds = assistant.open(motion, video=video, boxes=boxes).encoded.log_odds
    plain = assistant.open(motion).encoded.log_odds
    count = sum(len(answers) for answers in TARGETS.values())
    assert odds.shape == plain.shape
    torch.testing.assert_close(odds[..., :-count], plain[..., :-count])
    assert (plain[..., -count:] == 0).all()
    seen = model.video_encoder.encode(video, boxes)
    said = model.video_encoder.log_odds(seen.features)
    assert (odds[0, :, -count:] <= said.max(0).values + 1e-4).all()
    assert (odds[0, :, -count:] >= said.min(0).values - 1e-4).all()


def test_what_is_seen_fades_with_seconds_and_needs_no_word_from_the_motion():
    """One concept of two answers: +1 at 0 s, -1 at 8 s, and a frame of padding that says 100."""
    motion = MotionEncoder(width=8, conv_layers=1, attention_layers=1, heads=2)
    seeing = VideoEncoder(**SMALL, concepts=2, concept_words=[["a", "b"]], concept_sizes=[2])
    video = torch.zeros(1, 3, seeing.width)
    video[0, :, -2] = torch.tensor([1.0, -1.0, 100.0])
    stream = (video, torch.tensor([[True, True, False]]), torch.tensor([[0.0, 8.0, 0.0]]))
    time_s = torch.tensor([[0.0, 4.0, 8.0]])
    none = torch.zeros(1, 3, 8), torch.ones(1, 3, dtype=torch.bool)
    odds = recognised(motion, seeing, *none, time_s, stream)
    sure = (1 - np.exp(-4)) / (1 + np.exp(-4))
    torch.testing.assert_close(odds[0, :, 0], torch.tensor([sure, 0.0, -sure]).float())
    assert not odds[..., 1].any()
    unseen = recognised(motion, seeing, *none, time_s, (None, None, None))
    assert unseen.shape == (1, 3, 2) and not unseen.any()


def landmarks_in(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """(33, 2) pixels: half of them at either side, the left ones on the right of the picture."""
    names = MEDIAPIPE33.joints
    x = [right if name.startswith("left") else left for name in names]
    y = [bottom if "hip" in name or "wrist" in name else top for name in names]
    return np.stack([x, y], -1)


def test_the_person_that_was_followed_is_looked_at(assistant: Assistant, filmed):
    _, video, _ = filmed
    landmarks = SimpleNamespace(
        image=np.tile(landmarks_in(20.0, 30.0, 60.0, 90.0), (len(video), 1, 1)),
        inside=np.ones((len(video), 33), bool),
        size=(192, 192),
    )
    estimate = SimpleNamespace(landmarks=landmarks)
    boxes = followed_boxes(video, estimate)  # type: ignore[arg-type]
    np.testing.assert_allclose(boxes[0, 0], [10, 15, 30, 45])
    assert (
        boxes[0, 1, [0, 2]].mean() > boxes[0, 2, [0, 2]].mean()
    )  # left hand, right in the picture
    watch = assistant._seeing.watcher()
    watch(video, estimate)  # type: ignore[arg-type]
    known = assistant.model.video_encoder.encode(video, boxes)
    torch.testing.assert_close(watch.seen.features, known.features)


def test_wishes_that_cannot_be_are_one_clear_line(assistant: Assistant, filmed, tiny_model: Path):
    motion, video, _ = filmed
    with pytest.raises(ModelError, match="streams must be"):
        assistant.open(motion, streams="sound")
    with pytest.raises(ModelError, match="no video here"):
        assistant.open(motion, streams="video")
    with pytest.raises(ModelError, match="no video encoder"):
        Assistant.from_pretrained(tiny_model).open(motion, video=video)


def test_without_timm_the_weights_still_answer_about_motion(
    weights: Path, filmed, monkeypatch: pytest.MonkeyPatch
):
    motion, _, _ = filmed
    monkeypatch.setattr(video_module, "_has_timm", lambda: False)
    assistant = Assistant.from_pretrained(weights, device="cpu")
    assert assistant.open(motion).ask("What does he do?").answer
    from llamo.seeing import missing_note

    footage = Footage(Path("any.mp4"), None)  # type: ignore[arg-type]
    (note,) = missing_note(assistant._seeing, footage)
    assert "llamo[video]" in note
    assert missing_note(assistant._seeing, None) == ()


def test_a_recipe_without_a_video_encoder_has_no_such_stage(tmp_path: Path):
    (tmp_path / "r.yaml").write_text("name: x\npacks: []\n")
    with pytest.raises(InvalidData, match="no stage video"):
        run(tmp_path / "r.yaml", tmp_path, tmp_path / "run", stage="video")


def test_the_video_stage_resumes_and_stops_where_it_is_told(tmp_path: Path):
    (tmp_path / "tiny.yaml").write_text(RECIPE)
    folder = run(tmp_path / "tiny.yaml", tmp_path, tmp_path / "run", stage="video")
    config = json.loads((folder / "config.json").read_text())
    assert config["concept_words"][0] == list(TARGETS["top"])
    before = (folder / "model.safetensors").read_bytes()
    assert run(tmp_path / "tiny.yaml", tmp_path, tmp_path / "run", stage="video") == folder
    assert (folder / "model.safetensors").read_bytes() == before
    assert VideoStage().encoder is None
