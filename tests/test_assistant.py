"""Opening clips, asking, batching: on a tiny random model through the real code path."""

from __future__ import annotations

import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import waving_motion

from llamo import Assistant, LlamoError, Motion, write_motion
from llamo.batch import FRAMES_AT_ONCE, Told, batches
from llamo.data.figures import Act, perform
from llamo.errors import InvalidMotion, InvalidQuestion, MissingInformation, ModelError
from llamo.session import HISTORY_CHARACTERS, recent

QUESTIONS = ["Which hand waves?", "What does the person do before the squat?", "How many times?"]


@pytest.fixture(scope="module")
def assistant(tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 8
    return assistant


@pytest.fixture(scope="module")
def session(assistant):
    return assistant.open(waving_motion())


def without_timing(answer):
    return {name: value for name, value in answer.to_dict().items() if name != "timing_ms"}


def test_answer_has_every_field_in_range(session):
    answer = session.ask("Which hand waves?")
    assert answer.model == "tiny"
    assert 0 <= answer.confidence <= 1
    assert len(answer.viewpoints) == 4
    assert all(0 <= one.score <= 1 for one in answer.viewpoints)
    assert 6 <= len(answer.measurements) <= 10
    assert answer.timing_ms["open"] > 0
    assert answer.timing_ms["answer"] > 0


def test_an_answer_that_is_too_unsure_is_not_given_as_one(tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 8
    free = assistant.open(waving_motion()).ask("Which hand waves?")
    assert not free.abstained
    assistant.calibration = replace(assistant.calibration, least_sure=free.confidence + 1e-6)
    declined = assistant.open(waving_motion()).ask("Which hand waves?")
    assert declined.abstained
    assert declined.answer.startswith("I can't tell: ")
    assert free.answer in declined.reason
    assert declined.confidence == free.confidence
    assistant.calibration = replace(assistant.calibration, least_sure=free.confidence)
    assert assistant.open(waving_motion()).ask("Which hand waves?").answer == free.answer


def test_a_number_that_was_not_measured_is_not_said(session, monkeypatch):
    told = Told("999 degrees", (1.0,), (), None)
    monkeypatch.setattr("llamo.assistant.tell", lambda *args: [told])
    answer = session.ask("How far does the left knee bend?")
    assert answer.abstained
    assert "999 degrees" in answer.reason
    (knee,) = [m for m in answer.measurements if m.name == "left_knee_flexion_max"]
    told = Told(f"{knee.value:.0f} degrees", (1.0,), (), None)
    assert session.ask("How far does the left knee bend?").answer == told.text


def test_frames_count_in_the_clip_as_given(assistant):
    for fps in (25, 120):
        for one in assistant.open(waving_motion(fps=fps)).ask("Which hand?").viewpoints:
            assert one.frame == pytest.approx(one.time_s * fps, abs=0.51)


def test_batch_gives_what_each_question_gives_alone(assistant, session):
    longer = assistant.open(waving_motion(seconds=7))
    pairs = [(clip, question) for question in QUESTIONS for clip in (session, longer)]
    together = assistant.answer_batch(pairs, batch_size=4)
    for (clip, question), answer in zip(pairs, together, strict=True):
        alone = clip.ask(question)
        assert answer.answer == alone.answer
        assert answer.viewpoints == pytest.approx(alone.viewpoints) or [
            one.frame for one in answer.viewpoints
        ] == [one.frame for one in alone.viewpoints]
        np.testing.assert_allclose(answer.token_probabilities, alone.token_probabilities, atol=1e-4)


def test_opened_together_or_apart_is_the_same(assistant, session):
    together = assistant.open_many([waving_motion(seconds=7), waving_motion()])[1]
    assert without_timing(together.ask(QUESTIONS[0])) == without_timing(session.ask(QUESTIONS[0]))


def test_forced_moments_take_the_place_of_the_selected(assistant, session):
    forced = [0.5, 2.0, 3.1]
    (answer,) = assistant.answer_batch([(session, QUESTIONS[0])], forced_viewpoints=[forced])
    assert [one.time_s for one in answer.viewpoints] == pytest.approx(forced)


def test_each_channel_can_be_hidden(assistant, session):
    (no_text,) = assistant.answer_batch([(session, QUESTIONS[0])], use_kinematic_text=False)
    assert no_text.measurements == ()
    assert no_text.viewpoints
    other = assistant.open(waving_motion().mirror())
    blind = assistant.answer_batch(
        [(session, QUESTIONS[0]), (other, QUESTIONS[0])],
        use_motion_tokens=False,
        use_kinematic_text=False,
    )
    assert blind[0].viewpoints == ()
    assert blind[0].token_probabilities == pytest.approx(blind[1].token_probabilities)
    assert session.ask(QUESTIONS[0]).viewpoints  # the switch is set back


def test_a_session_measures_counts_and_compares_without_asking_the_model(assistant, session):
    assistant.model.generate, before = None, assistant.model.generate
    try:
        assert session.count().count >= 2
        (found,) = session.measure(["left_elbow_flexion_range"]).measurements
        assert found.unit == "deg"
        assert session.measure(exercise="squat").performances == ()
        for other in (session, session.motion):
            assert not any(one.clear for one in session.compare(other).differences)
        bent = session.motion.joints.copy()
        bent[:, session.motion.skeleton.index("left_wrist"), 1] += 0.2
        differences = session.compare(Motion(bent, session.motion.fps)).differences
        assert {one.name for one in differences if one.clear} == {"left_elbow_flexion"}
    finally:
        assistant.model.generate = before
    assert session.measurements[0].name == "duration"  # what the model reads stays as it was


def test_chat_remembers_and_ask_does_not(session):
    session.reset()
    alone = session.ask(QUESTIONS[0])
    first = session.chat(QUESTIONS[1])
    session.chat(QUESTIONS[0])
    assert [question for question, _ in session.history] == [QUESTIONS[1], QUESTIONS[0]]
    assert session.history[0][1] == first.answer
    assert without_timing(session.ask(QUESTIONS[0])) == without_timing(alone)
    session.reset()
    assert session.history == []


def test_earlier_turns_do_not_guide_the_selection(session):
    session.reset()
    alone = session.ask(QUESTIONS[0])
    session.chat(QUESTIONS[1])
    later = session.chat(QUESTIONS[0])
    assert [one.frame for one in later.viewpoints] == [one.frame for one in alone.viewpoints]
    session.reset()


def test_history_in_the_prompt_is_bounded():
    assert recent([(str(i), "yes") for i in range(10)])[0] == ("6", "yes")
    assert recent([("q", "x" * HISTORY_CHARACTERS), ("q", "yes")]) == (("q", "yes"),)


def test_one_refused_turn_leaves_the_conversation(session):
    session.reset()
    with pytest.raises(InvalidQuestion):
        session.chat("")
    assert session.history == []


def test_paths_motions_and_arrays_open_alike(assistant, session, tmp_path):
    motion = waving_motion()
    write_motion(motion, tmp_path / "wave.npz")
    expected = without_timing(session.ask(QUESTIONS[0]))
    for opened in (
        assistant.open(tmp_path / "wave.npz"),
        assistant.open(str(tmp_path / "wave.npz")),
        assistant.open(motion.joints, fps=30),
    ):
        assert without_timing(opened.ask(QUESTIONS[0])) == expected


def test_arrays_in_other_axes_and_units_are_turned(assistant):
    motion = waving_motion()
    z_up_mm = motion.joints[..., [0, 2, 1]] * np.array([1000, -1000, 1000])
    opened = assistant.open(z_up_mm, fps=30, up="z", unit="mm")
    np.testing.assert_allclose(opened.motion.joints, motion.joints, atol=1e-4)


@pytest.mark.parametrize(
    ("clip", "options", "error"),
    [
        (np.zeros((10, 22, 3)), {}, MissingInformation),
        (np.zeros((10, 23, 3)), {"fps": 30}, InvalidMotion),
        (np.zeros((10, 66)), {"fps": 30}, InvalidMotion),
        (np.full((10, 22, 3), "x"), {"fps": 30}, InvalidMotion),
        ([[1], [1, 2]], {"fps": 30}, InvalidMotion),
        (None, {}, InvalidMotion),
        ("swing.MP4", {}, LlamoError),
        ("nowhere.npz", {}, LlamoError),
    ],
)
def test_what_cannot_be_opened_says_why_in_one_line(assistant, clip, options, error):
    with pytest.raises(error) as raised:
        assistant.open(clip, **options)
    assert "\n" not in str(raised.value)


def test_a_motion_knows_its_own_frame_rate(assistant):
    with pytest.raises(InvalidMotion):
        assistant.open(waving_motion(), fps=30)


def test_clips_and_questions_that_need_no_model(assistant, session):
    blink = assistant.open(Motion(waving_motion().joints[:1], fps=30))
    answer = blink.ask("What happens?")
    assert answer.abstained
    assert "too short" in answer.reason
    assert answer.answer == f"I can't tell: {answer.reason}."
    assert session.ask("他在做什么?").reason == "I only understand English questions"
    assert session.ask("Сколько раз?").abstained
    with pytest.raises(InvalidQuestion):
        session.ask("why " * 25_000)


def test_a_part_that_is_never_visible_is_not_answered(assistant):
    motion = waving_motion()
    confidence = np.ones(motion.joints.shape[:2], np.float32)
    for name in ("knee", "ankle", "foot"):
        for side in ("left", "right"):
            confidence[:, motion.skeleton.index(f"{side}_{name}")] = 0
    hidden = assistant.open(replace(motion, confidence=confidence))
    assert hidden.ask("How far do the knees bend?").reason == "the legs are not visible"
    assert not hidden.ask("Which hand waves?").reason


def test_threads_share_an_assistant(assistant, session):
    expected = [session.ask(question).answer for question in QUESTIONS]
    given: dict[int, str] = {}

    def ask(place):
        given[place] = assistant.open(waving_motion()).ask(QUESTIONS[place % 3]).answer

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [given[place] for place in range(9)] == expected * 3


def test_batches_are_bounded_by_count_and_by_frames():
    assert list(batches([], 3)) == []
    assert list(batches([1, 1, 2, 2], 3)) == [slice(0, 3), slice(3, 4)]
    half = FRAMES_AT_ONCE // 2 + 1
    assert list(batches([half, half, 2 * half], 64)) == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_broken_weights_are_one_clear_error(tiny_model, tmp_path):
    with pytest.raises(ModelError, match="no folder"):
        Assistant.from_pretrained(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"config\.json"):
        Assistant.from_pretrained(tmp_path)
    for name, spoil in (
        ("config.json", lambda file: file.write_text("{")),
        ("model.safetensors", lambda file: file.write_bytes(file.read_bytes()[:1000])),
        ("model.safetensors", Path.unlink),
        ("tokenizer.json", Path.unlink),
    ):
        folder = tmp_path / "broken"
        shutil.copytree(tiny_model, folder)
        spoil(folder / name)
        with pytest.raises(ModelError) as raised:
            Assistant.from_pretrained(folder)
        assert "\n" not in str(raised.value)
        shutil.rmtree(folder)


def test_weights_that_miss_a_part_are_refused(tiny_model, tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = shutil.copytree(tiny_model, tmp_path / "partial")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: value for name, value in weights.items() if "cross_talker.select" not in name},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    with pytest.raises(ModelError, match="does not fit"):
        Assistant.from_pretrained(folder)


def test_a_fingerprint_tells_models_of_one_name_apart(tiny_model, tmp_path):
    from safetensors.numpy import load_file, save_file

    copy = Path(shutil.copytree(tiny_model, tmp_path / tiny_model.name))
    one, two = Assistant.from_pretrained(tiny_model), Assistant.from_pretrained(copy)
    assert one.fingerprint == two.fingerprint
    weights = load_file(copy / "model.safetensors")
    name = next(name for name in weights if "cross_talker" in name)
    save_file({**weights, name: weights[name] + 1}, copy / "model.safetensors",
              metadata={"format": "pt"})  # fmt: skip
    other = Assistant.from_pretrained(copy)
    assert other.name == one.name
    assert other.fingerprint != one.fingerprint


def test_unknown_device_is_a_model_error(tiny_model):
    with pytest.raises(ModelError, match="warp"):
        Assistant.from_pretrained(tiny_model, device="warp")


def test_a_language_model_in_half_precision_answers_alike(weights_dir):
    whole, half = (
        Assistant.from_pretrained(weights_dir, "cpu", dtype) for dtype in (None, "bfloat16")
    )
    assert whole.model.language_model.dtype == torch.float32
    assert half.model.language_model.dtype == torch.bfloat16
    assert half.model.cross_talker_dtype == torch.float32
    assert half.fingerprint != whole.fingerprint
    acts = [Act("wave", "left", 2), Act("squat", repetitions=3)]
    motion = perform(acts, rng=np.random.default_rng(0))[0]
    questions = ["Which hand waves?", "How many squats are there?", "Does the person squat?"]
    for one, other in zip(
        *(each.answer_batch([(each.open(motion), asked) for asked in questions])
          for each in (whole, half)), strict=True,
    ):  # fmt: skip
        assert one.answer == other.answer
        assert one.confidence == pytest.approx(other.confidence, abs=0.05)
        assert one.confidence != other.confidence  # it was asked in another precision


def test_unknown_dtype_is_a_model_error(tiny_model):
    with pytest.raises(ModelError, match="float32, bfloat16, got 'int3'"):
        Assistant.from_pretrained(tiny_model, dtype="int3")


def test_the_guide_runs(tiny_model, tmp_path, repository, monkeypatch, capsys):
    monkeypatch.setattr("llamo.assistant.weights_folder", lambda path: tiny_model)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").mkdir()
    shutil.copy(repository / "examples" / "squats.npz", tmp_path / "examples")
    guide = (repository / "docs" / "python-api.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL))
    exec(compile(code, "python-api.md", "exec"), {})
    assert "score" in capsys.readouterr().out
