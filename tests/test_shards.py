"""Encoded clips in shards: each once an epoch, wherever they lie, the same after a stop."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest
import torch
from tiny import standing_joints

from llamo.data.own import OwnSample
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, UnreadableFile
from llamo.formats import write_motion
from llamo.motion import Motion
from llamo.skeleton import SMPL22
from llamo.train.own_pool import make_own_pool
from llamo.train.shards import ShardPool, is_sharded, write_shards
from llamo.train.stages import run

CLIPS = 10
QUESTION = "what does the person do ?"


@pytest.fixture(scope="module")
def encoder() -> MotionEncoder:
    torch.manual_seed(7)
    return MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[OwnSample]:
    """Ten clips of rising length; the answer is the clip's number."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for number in range(CLIPS):
        joints = np.repeat(standing_joints()[None], 20 + 4 * number, axis=0)
        joints[:, SMPL22.index("left_wrist"), 1] += 0.1 * number
        write_motion(Motion(joints, 20.0), folder / f"{number}.npz")
        made.append(OwnSample(folder / f"{number}.npz", QUESTION, str(number), "train"))
    return made


@pytest.fixture(scope="module")
def shards(samples, encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards") / "train"
    write_shards(samples, encoder, folder, clips_per_shard=3, seed=1)
    return folder


def told(clips) -> list[str]:
    return [clip.questions[0].answer for clip in clips]


def test_a_shard_holds_what_a_pool_holds(samples, encoder, shards: Path, tmp_path: Path):
    pool = make_own_pool(samples, encoder, tmp_path)
    streamed = {one.questions[0].answer: one for one in ShardPool(shards).all_clips()}
    assert len(streamed) == len(ShardPool(shards)) == CLIPS
    for clip in pool.clips:
        other = streamed[clip.questions[0].answer]
        assert other.questions == clip.questions
        np.testing.assert_array_equal(other.features, clip.features)


def test_every_clip_comes_once_an_epoch_in_another_order(shards: Path):
    pool = ShardPool(shards, group=4, seed=0)
    first = [told(pool.clips(step, 2)) for step in range(5)]
    second = [told(pool.clips(step, 2)) for step in range(5, 10)]
    for epoch in (first, second):
        assert sorted(one for step in epoch for one in step) == [str(n) for n in range(CLIPS)]
    assert first != second


def test_a_step_is_the_same_in_a_run_that_was_resumed(shards: Path):
    unbroken = ShardPool(shards, group=2, seed=5)
    steps = [told(unbroken.clips(step, 2)) for step in range(12)]
    for step in (11, 4, 7):
        assert told(ShardPool(shards, group=2, seed=5).clips(step, 2)) == steps[step]
    assert told(ShardPool(shards, group=2, seed=6).clips(0, 2)) != steps[0] or (
        told(ShardPool(shards, group=2, seed=6).clips(1, 2)) != steps[1]
    )


def test_two_processes_share_what_one_would_take(shards: Path):
    both = [ShardPool(shards, rank=rank, world=2) for rank in (0, 1)]
    alone = ShardPool(shards)
    for step in range(4):
        parts = [told(one.clips(step, 2)) for one in both]
        assert parts[0] + parts[1] == told(alone.clips(step, 4))


def test_only_one_group_is_read_at_a_time(shards: Path, monkeypatch: pytest.MonkeyPatch):
    read: list[str] = []
    plain = ShardPool._read_shard
    monkeypatch.setattr(
        ShardPool, "_read_shard", lambda self, name: read.append(name) or plain(self, name)
    )
    pool = ShardPool(shards, group=1)
    for step in range(3):
        pool.clips(step, 1)
    assert len(read) == 1  # three steps of one shard read it once
    pool.clips(3, 1)
    assert len(read) == 2


def test_like_lengths_are_shared_out(shards: Path):
    pool = ShardPool(shards, group=4)
    steps = [pool.like_length(step, 2) for step in range(4)]
    assert len({one for step in steps for one in told(step)}) == 8
    spread = [abs(len(a.features) - len(b.features)) for a, b in steps]
    assert sum(spread) <= 4 * 5


def test_shards_are_read_from_an_address(shards: Path):
    memory = fsspec.filesystem("memory")
    for path in shards.iterdir():
        memory.pipe(f"/far/train/{path.name}", path.read_bytes())
    far = ShardPool("memory://far/train")
    assert told(far.clips(0, 4)) == told(ShardPool(shards).clips(0, 4))
    assert is_sharded("memory://far")
    with pytest.raises(UnreadableFile, match="memory://nowhere/index.json cannot be read"):
        ShardPool("memory://nowhere")


def test_writing_goes_on_where_it_was_and_refuses_other_clips(samples, encoder, tmp_path: Path):
    write_shards(samples, encoder, tmp_path, clips_per_shard=3)
    times = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.tar")}
    (tmp_path / "shard-000002.tar").unlink()
    write_shards(samples, encoder, tmp_path, clips_per_shard=3)
    again = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.tar")}
    assert [name for name in times if again[name] != times[name]] == ["shard-000002.tar"]
    assert len(ShardPool(tmp_path)) == CLIPS
    with pytest.raises(InvalidData, match="begun with other clips or another encoder"):
        write_shards(samples[:5], encoder, tmp_path, clips_per_shard=3)
    with pytest.raises(InvalidData, match="or settings"):
        write_shards(samples, encoder, tmp_path, clips_per_shard=2)
    others = [replace(one, answer="?") for one in samples]
    with pytest.raises(InvalidData, match="other clips"):
        write_shards(others, encoder, tmp_path, clips_per_shard=3)


def test_what_is_no_shard_is_one_clear_line(shards: Path, tmp_path: Path):
    with pytest.raises(UnreadableFile, match="index.json cannot be read"):
        ShardPool(tmp_path)
    (tmp_path / "index.json").write_text('{"format": 1}')
    with pytest.raises(InvalidData, match="is no index of shards"):
        ShardPool(tmp_path)
    index = json.loads((shards / "index.json").read_text())
    index["shards"] = index["shards"][:1]
    (tmp_path / "index.json").write_text(json.dumps(index))
    (tmp_path / index["shards"][0]["file"]).write_bytes(b"no tar" * 100)
    with pytest.raises(InvalidData, match="is a broken shard"):
        ShardPool(tmp_path).clips(0, 1)
    with tarfile.open(tmp_path / index["shards"][0]["file"], "w") as tar:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "<f2", "fortran_order": False, "shape": (1 << 30, 32)}
        )
        member = tarfile.TarInfo("000000.features.npy")
        member.size = len(stream.getvalue())
        tar.addfile(member, io.BytesIO(stream.getvalue()))
    with pytest.raises((InvalidData, UnreadableFile), match="broken shard|declares shape"):
        ShardPool(tmp_path).clips(0, 1)
    with pytest.raises(InvalidData, match="a step takes 99 clips, more than 4 shards"):
        ShardPool(shards).clips(0, 99)


RECIPE = """# llamo train tiny.yaml --data shards
name: tiny
packs: []
finetune:
  {start: START, rehearsal: 6, rehearsal_share: 0.4, steps: 6, clips_per_step: 2}
"""


def test_a_model_is_tuned_on_a_stream_and_on_rehearsed_figures(
    samples, tiny_model: Path, tmp_path: Path
):
    from llamo.loading import load_model

    tuned_encoder = load_model(tiny_model)[0].motion_encoder
    write_shards(samples, tuned_encoder, tmp_path / "shards" / "train", clips_per_shard=5)
    write_shards(
        [replace(one, split="val") for one in samples[:3]], tuned_encoder,
        tmp_path / "shards" / "val",
    )  # fmt: skip
    (tmp_path / "tiny.yaml").write_text(RECIPE.replace("START", str(tiny_model)))
    out = run(tmp_path / "tiny.yaml", tmp_path / "shards", tmp_path / "out")
    assert (out / "model.safetensors").is_file()
    assert "10 encoded clips, streamed" in (out / "README.md").read_text()
    curve = [json.loads(line) for line in (out / "tuning" / "curve.jsonl").open()]
    assert curve[-1]["step"] == 6
    assert any("own" in line for line in curve)  # validated on val/


def test_shards_of_another_encoder_are_refused(shards: Path, tiny_model: Path, tmp_path: Path):
    (tmp_path / "tiny.yaml").write_text(RECIPE.replace("START", str(tiny_model)))
    with pytest.raises(InvalidData, match="was encoded by another encoder"):
        run(tmp_path / "tiny.yaml", shards.parent, tmp_path / "out")
