"""Results of SMPL recoverers are read as motion; pickles are not, and hostile files do no harm."""

from __future__ import annotations

import importlib.util
import io
import os
import pickle
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import motion_files as made
import numpy as np
import pytest
from processes import children

from llamo.body import forward_kinematics
from llamo.errors import LlamoError, MissingInformation, UnreadableFile
from llamo.formats import describe, read_motion, torch_file
from llamo.rotations import axis_angle_from_matrix, matrix_from_axis_angle
from llamo.skeleton import SMPL22

DOWN = np.diag([1.0, -1.0, -1.0])
"""From y-up to a camera's axes: x right, y down, z away."""


def poses(frames: int = 12, camera: bool = False) -> np.ndarray:
    """(T, 24, 3) axis angles of the figure that lifts its left arm, hands included."""
    angles = np.concatenate([made.axis_angles(frames), np.zeros((frames, 2, 3))], axis=1)
    if camera:
        angles[:, 0] = axis_angle_from_matrix(DOWN @ matrix_from_axis_angle(angles[:, 0]))
    return angles


def way(frames: int = 12, camera: bool = False) -> np.ndarray:
    """(T, 3) along +x, 1 m over the floor."""
    trans = np.stack([np.linspace(0, 1, frames), np.ones(frames), np.zeros(frames)], axis=-1)
    return trans @ DOWN if camera else trans


def expected(frames: int = 12, trans: np.ndarray | None = None) -> np.ndarray:
    """(T, 22, 3) the joints in metres, y up."""
    rotations = matrix_from_axis_angle(poses(frames)[:, :22])
    return forward_kinematics(rotations, way(frames) if trans is None else trans)


def wham(frames: int = 12, first: int = 0) -> dict[str, np.ndarray]:
    """A person as WHAM saves one."""
    return {
        "pose": poses(frames, camera=True).reshape(frames, 72),
        "trans": way(frames, camera=True),
        "pose_world": poses(frames).reshape(frames, 72),
        "trans_world": way(frames),
        "betas": np.zeros((frames, 10)),
        "verts": np.zeros((frames, 7, 3)),
        "frame_ids": np.arange(first, first + frames),
    }


def gvhmr(frames: int = 12) -> dict[str, dict[str, np.ndarray]]:
    """A result as GVHMR saves it."""
    return {
        name: {
            "global_orient": poses(frames, camera)[:, 0],
            "body_pose": poses(frames, camera)[:, 1:22].reshape(frames, 63),
            "transl": way(frames, camera),
            "betas": np.zeros((frames, 10)),
        }
        for name, camera in (("smpl_params_global", False), ("smpl_params_incam", True))
    }


def humans4d(frames: int = 12) -> dict[str, np.ndarray]:
    """A person as 4D-Humans has one, with matrices along the camera's axes."""
    matrices = matrix_from_axis_angle(poses(frames, camera=True))
    return {"global_orient": matrices[:, :1], "body_pose": matrices[:, 1:]}


def save(path: Path, nested: dict, **more: object) -> Path:
    """Write nested dictionaries as an ``.npz`` of joined names."""
    flat: dict[str, object] = {}
    for name, value in nested.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{name}/{key}".rstrip("/"): array for key, array in inner}
    np.savez(path, **(flat | more))  # type: ignore[arg-type]
    return path


def refusal(path: Path, **wishes: object) -> str:
    with pytest.raises(LlamoError) as caught:
        read_motion(path, **({"fps": 30} | wishes))  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message and 20 < len(message) < 600
    assert not children()
    return message


def test_world_and_camera_come_to_the_same_motion(tmp_path: Path) -> None:
    person = wham()
    for name, keys in (("world", person), ("camera", {"pose": 0, "trans": 0})):
        path = save(tmp_path / f"{name}.npz", {"3": {key: person[key] for key in keys}})
        motion = read_motion(path, fps=30)
        np.testing.assert_allclose(motion.joints, expected(), atol=1e-4)
        assert motion.rotations is not None
        np.testing.assert_allclose(
            motion.rotations, matrix_from_axis_angle(poses()[:, :22]), atol=1e-4
        )
    left = motion.joints[:, SMPL22.index("left_wrist"), 1]
    right = motion.joints[:, SMPL22.index("right_wrist"), 1]
    assert left[-1] > left[0] + 0.3 and abs(right[-1] - right[0]) < 0.05


def test_gvhmr_and_4d_humans(tmp_path: Path) -> None:
    world = read_motion(save(tmp_path / "a.npz", gvhmr()), fps=30)
    np.testing.assert_allclose(world.joints, expected(), atol=1e-4)
    camera = {"smpl_params_incam": gvhmr()["smpl_params_incam"]}
    motion = read_motion(save(tmp_path / "b.npz", camera), fps=30)
    np.testing.assert_allclose(motion.joints, expected(), atol=1e-4)
    for nested in ({"1": humans4d()}, humans4d()):
        motion = read_motion(save(tmp_path / "c.npz", nested), fps=30)
        np.testing.assert_allclose(motion.joints, expected(trans=np.zeros((12, 3))), atol=1e-4)
    told = describe(tmp_path / "c.npz", fps=30)
    assert told["up"] == "-y" and "no way through the room" in " ".join(told["notes"])


def test_who_lies_is_turned_by_the_formats_own_axes(tmp_path: Path) -> None:
    person = wham()
    lying = matrix_from_axis_angle(np.array([np.pi / 2, 0, 0]))
    person["pose"][:, :3] = axis_angle_from_matrix(
        lying @ matrix_from_axis_angle(person["pose"][:, :3])
    )
    path = save(tmp_path / "a.npz", {"0": {"pose": person["pose"], "trans": person["trans"]}})
    told = describe(path, fps=30)
    assert told["up"] == "-y" and "the format" in told["up_from"]


def test_the_frame_rate_is_asked_for(tmp_path: Path) -> None:
    path = save(tmp_path / "a.npz", gvhmr())
    with pytest.raises(MissingInformation, match="fps"):
        read_motion(path)
    assert read_motion(save(tmp_path / "b.npz", gvhmr(), fps=np.float64(25))).fps == 25


def test_of_several_people_the_one_seen_longest_is_taken(tmp_path: Path) -> None:
    people = {"0": wham(5), "7": wham(12), "12": wham(9)}
    path = save(tmp_path / "a.npz", people)
    told = describe(path, fps=30)
    assert (told["clips"], told["index"], told["frames"]) == (3, 1, 12)
    assert "3 people" in told["notes"][0] and "a.npz#1" in told["notes"][0]
    assert [len(read_motion(f"{path}#{i}", fps=30)) for i in range(3)] == [5, 12, 9]
    assert "numbered 0 to 2" in refusal(Path(f"{path}#3"))


def test_frames_without_the_person_are_unseen(tmp_path: Path) -> None:
    person = wham(6)
    person["frame_ids"] = np.array([10, 11, 12, 16, 17, 18])
    motion = read_motion(save(tmp_path / "a.npz", {"0": person}), fps=10)
    assert motion.duration_s == pytest.approx(0.9)
    assert motion.confidence is not None
    assert motion.confidence[:, 0].tolist() == [1, 1, 1, 0, 0, 0, 1, 1, 1]
    np.testing.assert_allclose(motion.joints[[0, 1, 2, 6, 7, 8]], expected(6), atol=1e-4)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("pose_world", np.full((12, 72), np.nan), "NaN"),
        ("pose_world", np.zeros((12, 7)), "axis-angle"),
        ("pose_world", np.zeros(12), "axis-angle"),
        ("pose_world", np.zeros((12, 24, 3, 3)), "rotation matrices"),
        ("pose_world", np.zeros((0, 72)), "no frames"),
        ("trans_world", np.zeros((5, 3)), "(12, 3)"),
        ("trans_world", np.full((12, 3), np.inf), "infinite"),
        ("frame_ids", np.zeros(12, int), "rising"),
        ("frame_ids", np.arange(12) * 0.5, "whole numbers"),
        ("frame_ids", np.arange(12) * 10**6, "spans"),
        ("pose_world", np.array([{}] * 12), "pickle"),
    ],
)
def test_broken_results_are_one_line(
    tmp_path: Path, key: str, value: np.ndarray, said: str
) -> None:
    assert said in refusal(save(tmp_path / "a.npz", {"0": wham() | {key: value}}))


# Pickles.


class Bomb:
    """Writes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.joblib", "a.npz", "a.pt"])
def test_a_pickle_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    assert "examples/pkl_to_npz.py" in refusal(tmp_path / name)
    (tmp_path / "b.joblib").write_bytes(b"\x78\x9c compressed")
    assert "examples/pkl_to_npz.py" in refusal(tmp_path / "b.joblib")
    assert not (tmp_path / "ran").exists()


@pytest.fixture(scope="module")
def converter(repository: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "pkl_to_npz", repository / "examples" / "pkl_to_npz.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("how", ["pickle", "joblib"])
def test_ones_own_pickle_becomes_an_npz(tmp_path: Path, converter: ModuleType, how: str) -> None:
    writer = pickle if how == "pickle" else pytest.importorskip("joblib")
    if how == "pickle":
        (tmp_path / "a.pkl").write_bytes(pickle.dumps({0: wham(5), 4: wham()}))
    else:
        writer.dump({0: wham(5), 4: wham()}, tmp_path / "a.pkl", compress=3)
        if importlib.util.find_spec("joblib") is None:
            return
    if how == "pickle" and importlib.util.find_spec("joblib") is None:
        assert converter.load(tmp_path / "a.pkl").keys() == {0, 4}
    converter.main(tmp_path / "a.pkl", tmp_path / "a.npz")
    motion = read_motion(tmp_path / "a.npz", fps=30)
    np.testing.assert_allclose(motion.joints, expected(), atol=1e-4)
    assert "0/verts" not in np.load(tmp_path / "a.npz")


def test_frames_of_people_become_people_of_frames(tmp_path: Path, converter: ModuleType) -> None:
    matrices = humans4d()
    result = {}
    for frame in range(12):
        people = [{key: value[frame] for key, value in matrices.items()} | {"betas": np.zeros(10)}]
        result[f"img/{frame:06d}.jpg"] = {
            "time": frame, "tid": [5, 2], "smpl": people * 2, "tracked_time": [0, int(frame > 3)],
        }  # fmt: skip
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(result))
    converter.main(tmp_path / "a.pkl", tmp_path / "a.npz")
    motion = read_motion(tmp_path / "a.npz", fps=30)
    np.testing.assert_allclose(motion.joints, expected(trans=np.zeros((12, 3))), atol=1e-4)
    assert len(read_motion(tmp_path / "a.npz#0", fps=30)) == 4


def test_a_pickle_of_something_else_is_one_line(tmp_path: Path, converter: ModuleType) -> None:
    (tmp_path / "a.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(SystemExit, match="holds none of"):
        converter.main(tmp_path / "a.pkl", tmp_path / "a.npz")


# Files of torch.


def test_tensors_are_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    import torch

    tensors = {
        name: {key: torch.from_numpy(array).float() for key, array in keys.items()}
        for name, keys in gvhmr().items()
    }
    torch.save(tensors | {"K_fullimg": torch.eye(3).repeat(12, 1, 1)}, tmp_path / "a.pt")
    motion = read_motion(tmp_path / "a.pt", fps=30)
    np.testing.assert_allclose(motion.joints, expected(), atol=1e-4)
    assert not children()
    torch.save({"state_dict": {"weight": torch.zeros(3)}}, tmp_path / "b.pt")
    assert "no SMPL motion" in refusal(tmp_path / "b.pt")


def test_a_torch_file_with_code_is_not_run(tmp_path: Path) -> None:
    import torch

    torch.save({"pose_world": Bomb(tmp_path / "ran")}, tmp_path / "a.pt")
    assert "examples/pkl_to_npz.py" in refusal(tmp_path / "a.pt")
    (tmp_path / "a.pt").rename(tmp_path / "a.npz")
    assert "examples/pkl_to_npz.py" in refusal(tmp_path / "a.npz")
    assert not (tmp_path / "ran").exists()


def test_what_torch_never_wrote_is_refused_before_torch_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_file, "child_command", lambda path: ["false"])
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10**6))
    assert "torch.save" in refusal(path)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    path.write_bytes(whole.getvalue())
    assert "cannot be read by torch" in refusal(path)
    for count in (10, 60):
        path.write_bytes(whole.getvalue()[:count])
        refusal(path)
    path.write_bytes(b"Dear diary")
    assert "no motion file" in refusal(path)


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os; os.abort()",
        "import sys; sys.stdout.buffer.write(b'PK\\x03\\x04 nonsense')",
        "print('x' * 100)",
    ],
)
def test_a_process_that_hangs_crashes_or_lies_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(torch_file, "PATIENCE_S", 1.0)
    monkeypatch.setattr(torch_file, "child_command", lambda path: [sys.executable, "-c", code])
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    with pytest.raises(UnreadableFile) as caught:
        read_motion(tmp_path / "a.pt", fps=30)
    assert "\n" not in str(caught.value)
    assert not children()
