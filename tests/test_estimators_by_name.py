"""Estimators by name: a ``.task`` file, RTMPose and ViTPose, each on weights made on the spot."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from seen_figures import Fixed, keypoints_of, see
from typer.testing import CliRunner

from llamo.cli import app
from llamo.clip import read_clip
from llamo.data.drawn_people import Camera, draw
from llamo.data.figures import make_figure
from llamo.encoders.estimator import PoseEstimator, detection, estimator_named
from llamo.encoders.estimator.transformers_pose import TransformersPose
from llamo.encoders.estimator.two_stage import TwoStagePose, choose
from llamo.errors import InvalidMotion, MissingDependency, ModelError
from llamo.motion import Motion
from llamo.video import Video

RATE_HZ = 10.0


@pytest.fixture(scope="module")
def raising() -> Motion:
    figure = make_figure("raise", side="right", idle_s=(0.3, 0.3))
    return figure.resample(RATE_HZ).trim(0, 2.5)


@pytest.fixture(scope="module")
def video(raising: Motion) -> Video:
    camera = Camera(size=(300, 400))
    frames = np.stack(list(draw(raising, camera)))
    count = len(frames)
    return Video(frames, np.arange(count) / RATE_HZ, np.arange(count), camera.size)


def hand_above_shoulder_m(motion: Motion, side: str) -> float:
    hand, shoulder = (motion.skeleton.index(f"{side}_{part}") for part in ("wrist", "shoulder"))
    return float((motion.joints[:, hand, 1] - motion.joints[:, shoulder, 1]).max())


# Who is followed.


def test_the_largest_is_followed_and_stays_followed() -> None:
    small, large = np.array([0.0, 0, 10, 20]), np.array([50.0, 0, 90, 80])
    assert choose(np.stack([small, large]), None) is not None
    np.testing.assert_array_equal(choose(np.stack([small, large]), None), large)
    np.testing.assert_array_equal(choose(np.stack([small, large]), small + 1), small)
    far = np.array([200.0, 0, 210, 20])  # whoever was followed is gone: the largest again
    np.testing.assert_array_equal(choose(np.stack([small, large]), far), large)
    assert choose(np.zeros((0, 4)), small) is None


def test_two_stages_look_at_one_box_of_each_frame() -> None:
    asked: list[int] = []

    class Stand(TwoStagePose):
        def people(self, frames: list[np.ndarray]) -> list[np.ndarray]:
            boxes = np.array([[10.0, 10, 60, 90]])
            return [boxes if frame[0, 0, 0] != 3 else boxes[:0] for frame in frames]

        def keypoints(self, frames: list[np.ndarray], boxes: list[np.ndarray]):
            asked.extend(int(frame[0, 0, 0]) for frame in frames)
            points = np.zeros((len(frames), 17, 2)) + np.arange(17)[:, None]
            return points, np.ones((len(frames), 17))

    frames = np.zeros((20, 100, 100, 3), np.uint8)
    frames[:, 0, 0, 0] = np.arange(20)
    told: list[tuple[int, int]] = []
    video = Video(frames, np.arange(20) / 10, np.arange(20), (100, 100))
    found = Stand().detect(video, lambda done, total: told.append((done, total)))
    assert asked == [n for n in range(20) if n != 3]
    assert list(np.flatnonzero(~found.found)) == [3]
    assert told == [(8, 20), (16, 20), (20, 20)]


# MediaPipe's .task files.


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The networks that the wheel carries, as a ``.task`` file."""
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("mediapipe is not installed (extra: video)")
    import mediapipe
    from mediapipe.tasks.python.metadata.metadata_writers import metadata_writer

    modules = Path(mediapipe.__file__).parent / "modules"
    path = tmp_path_factory.mktemp("tasks") / "pose.task"
    with zipfile.ZipFile(path, "w") as bundle:
        for name, source, mean, spread in (
            ("pose_detector", "pose_detection/pose_detection", 127.5, 127.5),
            ("pose_landmarks_detector", "pose_landmark/pose_landmark_full", 0.0, 255.0),
        ):
            network = bytearray((modules / f"{source}.tflite").read_bytes())
            writer = metadata_writer.MetadataWriter.create(network)
            writer.add_image_input([mean], [spread])
            bundle.writestr(f"{name}.tflite", bytes(writer.populate()[0]))
    return path


def test_a_task_file_sees_what_the_wheels_model_sees(video: Video, task: Path) -> None:
    with estimator_named(str(task)) as theirs, estimator_named("mediapipe") as ours:
        one, other = theirs.estimate(video), ours.estimate(video)
    assert hand_above_shoulder_m(one.motion, "right") > 0.15
    assert hand_above_shoulder_m(one.motion, "left") < -0.1
    apart = np.linalg.norm(one.landmarks.image - other.landmarks.image, axis=-1)
    assert np.median(apart) < 2  # pixels: nothing lags behind, as its smoothing would


@pytest.mark.parametrize("content", [None, b"", b"no task", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_task_file_is_refused_in_one_line(
    tmp_path: Path, video: Video, content: bytes | None, task: Path
) -> None:
    path = tmp_path / "pose.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError) as caught, estimator_named(str(path)) as pose:
        pose.estimate(video)
    assert "\n" not in str(caught.value) and "pose.task" in str(caught.value)


def test_a_task_file_that_ends_mediapipe_is_no_fault_of_the_video(
    tmp_path: Path, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bad\nname.task"
    path.write_bytes(b"")
    monkeypatch.setattr(
        detection, "child_command", lambda: [sys.executable, "-c", "import os; os.abort()"]
    )
    monkeypatch.setattr(detection, "check_installed", lambda: None)
    with pytest.raises(ModelError, match="crashed on it") as caught, estimator_named(path) as pose:
        pose.estimate(video)
    assert "\n" not in str(caught.value)


# ViTPose and RT-DETR, small and random.


def test_vitpose_and_rtdetr_run_as_transformers_has_them(
    tmp_path: Path, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    pose, people = small_vitpose(tmp_path / "pose"), small_rtdetr(tmp_path / "people")
    monkeypatch.setattr("llamo.encoders.estimator.transformers_pose._LEAST_SURE", 0.0)
    detector = TransformersPose(str(pose), str(people))
    found = detector.detect(video)
    assert found.found.all() and found.size == (300, 400)
    assert np.isfinite(found.world).all()
    monkeypatch.setattr(TransformersPose.__init__, "__defaults__", (str(people), "cpu"))
    with estimator_named(str(pose)) as estimator:
        assert isinstance(estimator, PoseEstimator)


@pytest.mark.parametrize("spoilt", ["nothing", "weights", "config", "half"])
def test_weights_that_do_not_load_are_one_line(tmp_path: Path, spoilt: str) -> None:
    folder = tmp_path / "pose"
    if spoilt != "nothing":
        small_vitpose(folder)
    if spoilt == "weights":
        (folder / "model.safetensors").write_bytes(b"no weights")
    if spoilt == "config":
        (folder / "config.json").write_text("[]")
    if spoilt == "half":
        tensors = load_file(folder / "model.safetensors")
        kept = {name: value for name, value in tensors.items() if not name.startswith("head")}
        save_file(kept, folder / "model.safetensors", {"format": "pt"})
    said = "it lacks head" if spoilt == "half" else "cannot be loaded"
    with pytest.raises(ModelError, match=said) as caught:
        estimator_named(folder)
    assert "\n" not in str(caught.value)


def test_vitpose_with_experts_takes_that_of_coco(tmp_path: Path, video: Video) -> None:
    pose = small_vitpose(tmp_path / "pose", num_experts=2, part_features=8)
    detector = TransformersPose(str(pose), str(small_rtdetr(tmp_path / "people")))
    frames = list(video.frames[:2])
    points, scores = detector.keypoints(frames, [np.array([20.0, 20, 200, 380])] * 2)
    assert points.shape == (2, 17, 2) and scores.shape == (2, 17)
    with pytest.raises(ModelError, match="cannot be loaded"):
        TransformersPose(str(pose), str(tmp_path / "people"), device="nonsense")


def small_vitpose(folder: Path, **more: int) -> Path:
    from transformers import (
        VitPoseBackboneConfig,
        VitPoseConfig,
        VitPoseForPoseEstimation,
        VitPoseImageProcessor,
    )

    backbone = VitPoseBackboneConfig(
        image_size=(64, 48), patch_size=(16, 16), hidden_size=16, num_hidden_layers=1,
        num_attention_heads=2, out_indices=[1], **more,
    )  # fmt: skip
    torch.manual_seed(0)
    settings = VitPoseConfig(backbone_config=backbone, num_labels=17)
    VitPoseForPoseEstimation(settings).save_pretrained(folder)
    VitPoseImageProcessor(size={"height": 64, "width": 48}).save_pretrained(folder)
    return folder


def small_rtdetr(folder: Path) -> Path:
    from transformers import (
        RTDetrConfig,
        RTDetrForObjectDetection,
        RTDetrImageProcessor,
        RTDetrResNetConfig,
    )

    backbone = RTDetrResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16, 16, 16], depths=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    torch.manual_seed(0)
    settings = RTDetrConfig(
        backbone_config=backbone, encoder_in_channels=[16, 16, 16], encoder_hidden_dim=16,
        encoder_ffn_dim=16, encoder_attention_heads=2, decoder_in_channels=[16, 16, 16], d_model=16,
        decoder_layers=1, decoder_ffn_dim=16, decoder_attention_heads=2, num_queries=20,
        feat_strides=[8, 16, 32], id2label={0: "person"}, label2id={"person": 0},
    )  # fmt: skip
    RTDetrForObjectDetection(settings).save_pretrained(folder)
    RTDetrImageProcessor(size={"height": 128, "width": 128}).save_pretrained(folder)
    return folder


# RTMPose, which is asked as rtmlib has it.


@pytest.fixture
def rtmlib(monkeypatch: pytest.MonkeyPatch, raising: Motion) -> SimpleNamespace:
    """A stand-in for rtmlib that sees the figure of ``video`` in any picture of it."""
    seen = see(raising, camera=Camera(size=(300, 400)))
    state = SimpleNamespace(number=0, asked=[], fails=None)

    class Body:
        def __init__(self, **asked: object) -> None:
            print("load the weights")  # as the real one does
            if state.fails:
                raise state.fails
            state.asked.append(asked)

        def det_model(self, picture: np.ndarray) -> np.ndarray:
            assert picture.flags.c_contiguous
            return np.array([[20.0, 20, 280, 380]])

        def pose_model(self, picture: np.ndarray, bboxes: list) -> tuple[np.ndarray, np.ndarray]:
            assert len(bboxes) == 1
            state.number += 1
            place = (state.number - 1) % len(seen)
            return keypoints_of(seen)[place][None], np.ones((1, 17))

    module = ModuleType("rtmlib")
    module.Body = Body  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rtmlib", module)
    monkeypatch.setitem(sys.modules, "onnxruntime", ModuleType("onnxruntime"))
    return state


def test_rtmpose_sees_the_raised_hand(
    rtmlib: SimpleNamespace, video: Video, capsys: pytest.CaptureFixture[str]
) -> None:
    with estimator_named("rtmpose-lightweight") as estimator:
        landmarks = estimator._detector.detect(video)
        motion = PoseEstimator(Fixed(landmarks)).estimate(video).motion
    assert rtmlib.asked[0]["mode"] == "lightweight"
    assert not capsys.readouterr().out  # --json stays readable
    assert hand_above_shoulder_m(motion, "right") > 0.15
    assert hand_above_shoulder_m(motion, "left") < -0.1


def test_rtmpose_says_what_is_missing(
    rtmlib: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="balanced, lightweight, performance"):
        estimator_named("rtmpose-huge")
    rtmlib.fails = OSError("no network\nsecond line")
    with pytest.raises(ModelError, match="weights cannot be loaded: no network$"):
        estimator_named("rtmpose")
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(MissingDependency, match=r"llamo\[rtmpose\]"):
        estimator_named("rtmpose")


# By every way in.


def test_a_motion_takes_no_estimator(raising: Motion) -> None:
    with pytest.raises(InvalidMotion, match="needs no estimator"):
        read_clip(raising, estimator="mediapipe")


def test_the_command_line_takes_an_estimator(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    words = ["estimate", str(tmp_path / "a.mp4"), "-o", str(tmp_path / "a.npz")]
    result = CliRunner().invoke(app, [*words, "--estimator", str(tmp_path / "no.task")])
    assert result.exit_code == 1
    assert "no.task" in result.stderr and result.stderr.count("\n") == 1
    assert not (tmp_path / "a.npz").exists()
