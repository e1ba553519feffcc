"""A finished model of motion learns to look at videos as well."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_recipes import TINY

from llamo import Assistant
from llamo.data.figures import make_figure
from llamo.data.scenes import boxes_of, film, stage
from llamo.encoders.video import VideoEncoder
from llamo.errors import InvalidData, ModelError
from llamo.loading import load_model
from llamo.train.grow_video import grow_video, learn_words
from llamo.train.question_pool import PoolClip, PoolQuestion
from llamo.train.see import new_words
from llamo.train.stages import run

pytest.importorskip("timm")

VIDEO = """
video: {model: {backbone: test_resnet, side: 32, width: 8}, steps: 2, batch_size: 8}
"""
SEE = VIDEO + "see: {pool: {sequences: 12, workers: 0}, steps: 4, rank: 4}\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of motion alone."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "tiny.yaml").write_text(TINY)
    return run(folder / "tiny.yaml", folder, folder / "run")


@pytest.fixture
def motion():
    return make_figure("wave", side="left")


def seeing_encoder() -> VideoEncoder:
    """With words for what it sees."""
    torch.manual_seed(1)
    words = {"concepts": 4, "concept_words": [["red", "blue"], ["cup", "ball"]]}
    return VideoEncoder(
        backbone="test_resnet", side=32, width=8, **words, concept_sizes=[2, 2]
    ).requires_grad_(False).eval()  # fmt: skip


def test_a_model_that_grew_eyes_answers_of_motion_as_before(plain: Path, motion):
    before = Assistant.from_pretrained(plain, device="cpu")
    after = Assistant.from_pretrained(plain, device="cpu")
    grow_video(after.model, after.processor, seeing_encoder(), rank=4)
    known, grown = (one.open(motion).encoded for one in (before, after))
    torch.testing.assert_close(grown.memory, known.memory)
    for question in ("Which hand waves?", "What does the person do?"):
        one, other = (some.open(motion).ask(question) for some in (before, after))
        assert one.answer == other.answer
        assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
    assert after.model.config.concept_names == before.model.config.concept_names
    assert len(after.model.config.seen_names) == 2
    assert after.model.config.video_width == 2 * 8 + 4
    trained = [name for name, one in after.model.named_parameters() if one.requires_grad]
    assert any("lora_up" in name for name in trained)
    assert not any(name.startswith(("video_encoder", "motion_encoder", "enh")) for name in trained)


def test_what_was_grown_is_saved_and_read_again(plain: Path, tmp_path: Path, motion):
    assistant = Assistant.from_pretrained(plain, device="cpu")
    grow_video(assistant.model, assistant.processor, seeing_encoder(), rank=4)
    torch.nn.init.normal_(assistant.model.enhancer.from_video.out.weight, std=0.1)
    read = []
    for folder in (tmp_path / "once", tmp_path / "twice"):
        assistant.model.save_pretrained(folder)
        assistant.processor.save_pretrained(folder)
        assistant = Assistant.from_pretrained(folder, device="cpu")
        assert assistant.model.video_encoder.backbone is None  # it is not needed yet
        assert assistant.model.video_encoder.can_look
        read.append(assistant)
    scene = stage(motion, np.random.default_rng(0))
    times_s = np.arange(0, motion.duration_s, 0.25)
    video, boxes = film(scene, times_s), boxes_of(scene, times_s)
    one, other = (some.open(motion, video=video, boxes=boxes).encoded for some in read)
    assert all(some.model.video_encoder.backbone for some in read)
    torch.testing.assert_close(one.memory, other.memory)
    assert not torch.allclose(one.memory, read[0].open(motion).encoded.memory)


def test_the_fingerprint_is_that_of_all_weights(plain: Path, tmp_path: Path, motion):
    assistant = Assistant.from_pretrained(plain, device="cpu")
    grow_video(assistant.model, assistant.processor, seeing_encoder(), rank=4)
    assistant.model.save_pretrained(tmp_path)
    assistant.processor.save_pretrained(tmp_path)
    asleep, awake, other = (Assistant.from_pretrained(tmp_path, device="cpu") for _ in range(3))
    awake.model.video_encoder.wake()
    assert asleep.fingerprint == awake.fingerprint
    other.model.video_encoder.wake()
    with torch.no_grad():
        next(other.model.video_encoder.backbone.parameters()).add_(1)
    assert other.fingerprint != awake.fingerprint


def test_a_recipe_that_sees_last_learns_motion_alone_first(tmp_path: Path):
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(TINY + SEE)
    run(recipe, tmp_path, tmp_path / "run", stage="instruct")
    with np.load(tmp_path / "run" / "pool" / "chunk-000000.npz") as arrays:
        assert "video" not in arrays
    tuned = run(recipe, tmp_path, tmp_path / "run", stage="see")
    with np.load(tuned / "pool" / "chunk-000000.npz") as arrays:
        assert arrays["video_lengths"].any()
    weights = run(recipe, tmp_path, tmp_path / "run")  # goes on with the same folder
    steps = [json.loads(line) for line in (tuned / "curve.jsonl").open()]
    assert steps[-1]["step"] == 4
    assistant = Assistant.from_pretrained(weights, device="cpu")
    assert assistant.model.video_encoder is not None
    assert json.loads((weights / "config.json").read_text())["video_config"]["side"] == 32


def nameless(weights: Path, folder: Path) -> Path:
    """A copy that does not tell what it was trained on."""
    copy = shutil.copytree(weights, folder / "nameless")
    (copy / "recipe.json").unlink()
    return copy


def test_a_finished_model_of_motion_may_be_given_its_video_by_another_recipe(
    plain: Path, tmp_path: Path
):
    recipe = tmp_path / "tiny.yaml"
    head = TINY[: TINY.index("encoder:")]
    see = SEE.replace("see: {", f"see: {{start: {plain}, ")
    recipe.write_text(head + see)
    weights = run(recipe, tmp_path, tmp_path / "run")
    assert not (tmp_path / "run" / "instruct").exists()
    known, grown = (load_model(folder)[0].state_dict() for folder in (plain, weights))
    same = [name for name in known if name.startswith(("motion_encoder", "enhancer"))]
    for name in same:
        torch.testing.assert_close(grown[name], known[name], atol=0, rtol=0)
    assert same
    assert any("lora_up" in name and grown[name].any() for name in grown)
    with pytest.raises(InvalidData, match="no stage instruct; its stages are video, see, export"):
        run(recipe, tmp_path, tmp_path / "run", stage="instruct")
    for what, message in ((weights, "sees already"), (nameless(plain, tmp_path), "recipe.json")):
        recipe.write_text(head + see.replace(str(plain), str(what)))
        with pytest.raises(ModelError, match=message):
            run(recipe, tmp_path, tmp_path / f"from-{what.name}")


def test_nothing_sees_without_an_encoder(tmp_path: Path):
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(TINY + "see: {steps: 1}\n")
    with pytest.raises(InvalidData, match="no section video"):
        run(recipe, tmp_path, tmp_path / "run")
    recipe.write_text(TINY + VIDEO)
    with pytest.raises(InvalidData, match="no stage see"):
        run(recipe, tmp_path, tmp_path / "run", stage="see")


def test_only_the_words_for_what_is_seen_are_learnt(plain: Path):
    assistant = Assistant.from_pretrained(plain, device="cpu")
    model = assistant.model
    grow_video(model, assistant.processor, seeing_encoder(), rank=4)
    weight = model.get_input_embeddings().weight
    before = weight.detach().clone()
    learning = learn_words(model, {3, 5})
    assert (weight != before).any(1).nonzero()[:, 0].tolist() == [3, 5]
    (weight**2).sum().backward()
    assert weight.grad.any(1).nonzero()[:, 0].tolist() == [3, 5]
    learning.remove()
    weight.grad = None
    (weight**2).sum().backward()
    assert weight.grad.any(1).sum() > 2


def test_words_are_new_where_the_motion_is_never_asked_in_them(plain: Path):
    processor = Assistant.from_pretrained(plain, device="cpu").processor
    about_motion = PoolQuestion("which hand waves?", "left", "", (), (), "side")
    about_pixels = PoolQuestion("which hand holds", "umbrella", "", (), (), "held", pixels=True)
    clip = PoolClip(np.zeros((3, 2), np.float16), (about_motion, about_pixels))
    found = new_words(SimpleNamespace(clips=[clip]), processor)
    spelled = [set(processor.tokenizer(text, add_special_tokens=False)["input_ids"])
               for text in ("which hand waves? left", "which hand holds umbrella")]  # fmt: skip
    assert found == spelled[1] - spelled[0]
