"""Bad input: every reader answers a damaged, wrong or hostile file with one clear line."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import motion_files as made
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llamo.encoders.features import humanml3d_263
from llamo.encoders.joint_features import joint_features
from llamo.errors import InvalidMotion, LlamoError, MissingInformation, UnreadableFile
from llamo.formats import describe, read_motion, write_motion
from llamo.kinematics import measure
from llamo.motion import MAX_FRAMES, Motion


def refusal(path: Path | str, **wishes: object) -> str:
    """The message with which a file is refused; one line, not too long, no traceback."""
    with pytest.raises(LlamoError) as caught:
        read_motion(path, **wishes)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert 20 < len(message) < 600
    return message


class Bomb:
    """Writes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return os.system, (f"touch {self.path}", "")[:1]  # type: ignore[return-value]


SUFFIXES = (".npz", ".npy", ".bvh", ".c3d", ".trc", ".json")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_empty_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"")
    assert "empty" in refusal(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_text_and_noise_under_every_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    for content in (b"Dear diary, today I squatted.\n" * 40, bytes(range(256)) * 8, b"\0" * 2000):
        path.write_bytes(content)
        refusal(path)


def test_missing_file_folder_and_unknown_name(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.npz")
    assert "does not exist" in refusal(tmp_path / "none.npz#4")
    assert "folder" in refusal(tmp_path)
    (tmp_path / "a.fbx").write_text("; FBX 7.4.0 project file")
    assert ".bvh" in refusal(tmp_path / "a.fbx")
    refusal("x" * 5000)
    refusal("a\0b.npz")


def test_truncated_files(tmp_path: Path) -> None:
    for path in valid_files(tmp_path).values():
        whole = path.read_bytes()
        for share in (0.2, 0.5, 0.9):
            path.write_bytes(whole[: int(len(whole) * share)])
            refusal(path, fps=30)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl"])
def test_a_pickle_is_never_opened(tmp_path: Path, suffix: str) -> None:
    traces = tmp_path / "ran"
    bomb = np.array([Bomb(traces)], dtype=object)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(pickle.dumps(Bomb(traces)))
    assert "pickle" in refusal(path, fps=30)
    if suffix == ".npy":
        np.save(path, bomb, allow_pickle=True)
    else:
        np.savez(path.with_suffix(".npz"), joints=bomb, fps=30, schema=1)
        path = path.with_suffix(".npz")
    assert "pickle" in refusal(path, fps=30)
    for key in ("root", "poses", "joint_names", "fps", "skeleton", "schema", "confidence"):
        arrays = {"joints": made.figure().joints, "parents": np.zeros(22, int), "fps": 30.0}
        np.savez(tmp_path / "k.npz", **(arrays | {key: bomb}))
        if key not in ("root", "poses"):
            assert "pickle" in refusal(tmp_path / "k.npz")
    assert not traces.exists()


def test_nan_and_infinite_joints(tmp_path: Path) -> None:
    for bad in (np.nan, np.inf, -np.inf, 1e30):
        joints = made.figure().joints.copy()
        joints[3, 4, 1] = bad
        np.savez(tmp_path / "a.npz", joints=joints, fps=30, schema=1, skeleton="smpl22")
        np.save(tmp_path / "a.npy", joints)
        refusal(tmp_path / "a.npz")
        refusal(tmp_path / "a.npy", fps=30)
    bvh = made.write_rig(tmp_path / "a.bvh", made.rig_names("cmu"))
    bvh.write_text(bvh.read_text().replace(" 90.000000 ", " nan ").replace(" 90 ", " nan "))
    assert "NaN" in refusal(bvh)
    features = humanml3d_263(made.figure(fps=20))
    features[2, 5] = np.nan
    np.save(tmp_path / "f.npy", features)
    assert "NaN" in refusal(tmp_path / "f.npy")


def test_one_frame_is_a_motion_and_none_is_not(tmp_path: Path) -> None:
    one = Motion(made.figure(2).joints[:1], 30)
    for name in ("one.npz", "one.bvh"):
        write_motion(one, tmp_path / name)
        assert len(read_motion(tmp_path / name)) == 1
    np.save(tmp_path / "none.npy", np.zeros((0, 22, 3)))
    np.savez(tmp_path / "none.npz", joints=np.zeros((0, 22, 3), "f4"), fps=30, schema=1)
    made.write_amass(tmp_path / "none_smpl.npz", 0)
    text = (tmp_path / "one.bvh").read_text()
    (tmp_path / "none.bvh").write_text(
        text[: text.index("Frames")] + "Frames: 0\nFrame Time: 0.033\n"
    )
    (tmp_path / "none.json").write_text('{"fps": 30, "frames": []}')
    for name in ("none.npy", "none.npz", "none_smpl.npz", "none.bvh", "none.json"):
        assert "no frames" in refusal(tmp_path / name, fps=30)


def test_a_million_frames_are_refused_before_they_are_loaded(tmp_path: Path) -> None:
    def header(shape: tuple[int, ...], dtype: str) -> bytes:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            stream, {"descr": dtype, "fortran_order": False, "shape": shape}
        )
        return stream.getvalue()

    (tmp_path / "a.npy").write_bytes(header((1_000_000, 22, 3), "<f4"))
    assert str(MAX_FRAMES) in refusal(tmp_path / "a.npy", fps=30)
    (tmp_path / "huge.npy").write_bytes(header((10**12, 22, 3), "<f8"))
    assert "GiB" in refusal(tmp_path / "huge.npy", fps=30)
    for name, shape in (("joints", (1_000_000, 22, 3)), ("poses", (1_000_000, 156))):
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr(f"{name}.npy", header(shape, "<f4"))
        assert str(MAX_FRAMES) in refusal(tmp_path / "a.npz", fps=30) or "GiB" in refusal(
            tmp_path / "a.npz", fps=30
        )
    text = made.write_rig(tmp_path / "a.bvh", made.rig_names("cmu")).read_text()
    (tmp_path / "a.bvh").write_text(text.replace("Frames: 2", "Frames: 1000000"))
    assert str(MAX_FRAMES) in refusal(tmp_path / "a.bvh")


def test_a_zip_bomb_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "<f4", "fortran_order": False, "shape": (12, 22, 3)}
        )
        archive.writestr("joints.npy", stream.getvalue() + bytes(50_000_000))
    assert path.stat().st_size < 100_000
    refusal(path)  # what follows the declared array is never read


def test_unknown_joint_counts(tmp_path: Path) -> None:
    for shape in ((12, 23, 3), (12, 17, 3), (12, 22, 2), (12, 263, 1), (12,), (5, 5), (12, 1000)):
        np.save(tmp_path / "a.npy", np.zeros(shape))
        assert str(shape) in refusal(tmp_path / "a.npy", fps=30)
        np.savez(tmp_path / "a.npz", joints=np.zeros(shape), fps=30)
        refusal(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", poses=np.zeros((12, 63)), trans=np.zeros((12, 3)))
    assert "(12, 63)" in refusal(tmp_path / "a.npz", fps=30)
    (tmp_path / "a.json").write_text(json.dumps([[[0, 0, 0]] * 18] * 3))
    assert "18" in refusal(tmp_path / "a.json", fps=30)


def test_missing_and_impossible_fps(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", made.figure().joints)
    with pytest.raises(MissingInformation, match="--fps"):
        read_motion(tmp_path / "a.npy")
    for fps in (0, -1, float("nan"), float("inf"), 1e9):
        assert "fps" in refusal(tmp_path / "a.npy", fps=fps)
        np.savez(tmp_path / "a.npz", joints=made.figure().joints, fps=fps, schema=1)
        assert "fps" in refusal(tmp_path / "a.npz")


def test_a_clock_that_is_wrong_takes_no_memory(tmp_path: Path) -> None:
    """A frame in a thousand years, or a last frame that comes days later, is never filled in."""
    motion = made.figure(2)
    slow = Motion(motion.joints, 1e-9)
    gap = np.arange(len(motion)) / 30.0
    gap[-1] = 1e9
    jump = Motion(motion.joints, 30, time_s=gap)
    for use, wrong in ((joint_features, slow), (joint_features, jump), (measure, jump)):
        with pytest.raises(InvalidMotion, match="frame rate"):
            use(wrong)


def test_wishes_that_do_not_exist(tmp_path: Path) -> None:
    write_motion(made.figure(), tmp_path / "a.npz")
    assert "up must" in refusal(tmp_path / "a.npz", up="w")
    assert "unit must" in refusal(tmp_path / "a.npz", unit="furlong")


def test_loops_in_a_skeleton_and_newer_schemas(tmp_path: Path) -> None:
    joints = np.zeros((3, 2, 3), "f4")
    names = np.array(["a", "b"])
    for parents in ([1, 0], [0, 0], [5, -1], [-2, 0]):
        np.savez(
            tmp_path / "a.npz", joints=joints, fps=30, schema=1, joint_names=names,
            parents=parents,
        )  # fmt: skip
        refusal(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", joints=made.figure().joints, fps=30, schema=2)
    assert "update" in refusal(tmp_path / "a.npz")


def test_broken_packs(tmp_path: Path) -> None:
    clip = made.figure().joints
    path = made.write_pack(tmp_path / "pack", [clip, clip])
    arrays = dict(np.load(path))
    for change in (
        {"start": np.array([0, 500])}, {"length": np.array([12, -1])},
        {"length": np.array([12, 2**62])}, {"start": np.array([0.0, 12.0])},
        {"root": arrays["root"][:5]}, {"rel": arrays["rel"][:, :21]},
    ):  # fmt: skip
        np.savez(path, **(arrays | change))
        refusal(f"{path}#1")
    np.savez(path, **arrays)
    for text in ("", "{}\n", "{}\n{}\n{}\n", "[]\n{}\n", "{\n{}\n"):
        path.with_suffix(".jsonl").write_text(text)
        refusal(f"{path}#0")
    path.with_suffix(".jsonl").unlink()
    assert "pack.jsonl" in refusal(f"{path}#0")


def test_hostile_bvh(tmp_path: Path) -> None:
    text = made.write_rig(tmp_path / "a.bvh", made.rig_names("cmu")).read_text()
    deep = "HIERARCHY\nROOT a\n{\nOFFSET 0 0 0\nCHANNELS 0\n" + "JOINT b {\n" * 5000
    for broken in (
        deep, text.replace("OFFSET", "OFFSIDE"), text.replace("}", "", 3), text.replace("{", "}"),
        text.replace("CHANNELS 3", "CHANNELS 9"), text.replace("Zrotation", "Wrotation"),
        text.replace("MOTION", ""), text.replace("Frames: 2", "Frames: two"),
        text.replace("0.0083333", "soon"), text + "1 2 3", text.replace(" 0 ", " zero ", 1),
        text.replace("Frames: 2", "Frames: 7"), "HIERARCHY\nMOTION\nFrames: 1\nFrame Time: 1\n0",
    ):  # fmt: skip
        (tmp_path / "b.bvh").write_text(broken)
        refusal(tmp_path / "b.bvh", fps=30, up="y", unit="m")


def test_hostile_json(tmp_path: Path) -> None:
    for text in (
        "[" * 100_000, "{}", "[]", "null", "3", '"text"', "[1, 2]", "[[1, 2]]", '{"frames": 3}',
        '{"frames": [null]}', '{"people": [{"pose_keypoints_3d": "x"}]}', '[{"keypoints": {}}]',
        '[{"pose_world_landmarks": [{"x": 1}]}]', '[{"keypoints_3d": [[1, [2], 3]]}]',
        '[{"pose_world_landmarks": [{"x": "a", "y": 0, "z": 0}]}]', "[[[]]]", '{"annotations": []}',
        '[{"keypoints_3d": [[NaN, Infinity, 1e999]]}]', '{"meta_info": 3, "instance_info": []}',
    ):  # fmt: skip
        (tmp_path / "a.json").write_text(text)
        refusal(tmp_path / "a.json", fps=30)


# Mutated bytes of valid files


def valid_files(folder: Path) -> dict[str, Path]:
    """One small file of every format that is read."""
    motion = made.figure(6)
    write_motion(motion, folder / "own.npz")
    np.savez(folder / "plain.npz", joints=motion.joints, fps=30, schema=1)  # not compressed
    write_motion(motion, folder / "own.bvh")
    np.save(folder / "joints.npy", motion.joints)
    np.save(folder / "features.npy", humanml3d_263(made.figure(6, fps=20)))
    return {
        "own": folder / "own.npz",
        "plain": folder / "plain.npz",
        "amass": made.write_amass(folder / "amass.npz", 6),
        "joints": folder / "joints.npy",
        "features": folder / "features.npy",
        "bvh": folder / "own.bvh",
        "rig": made.write_rig(folder / "rig.bvh", made.rig_names("mixamo")),
        "trc": made.write_trc(folder / "a.trc", motion),
        "c3d": made.write_c3d(folder / "a.c3d", motion),
        "json": made.write_landmarks(folder / "a.json", motion),
        "pack": made.write_pack(folder / "pack", [motion.joints]),
    }


Originals = tuple[Path, dict[str, tuple[str, bytes]]]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Originals:
    """A folder, and each valid file's name and bytes."""
    folder = tmp_path_factory.mktemp("mutants")
    files = valid_files(folder)
    return folder, {kind: (path.name, path.read_bytes()) for kind, path in files.items()}


KINDS = (
    "own", "plain", "amass", "joints", "features", "bvh", "rig", "trc", "c3d", "json", "pack",
)  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.sampled_from(("set", "set", "set", "insert", "delete", "cut", "repeat")),
        st.floats(0, 1, exclude_max=True),
        st.one_of(
            st.binary(min_size=1, max_size=6),
            st.sampled_from(
                (b"nan", b"-1", b"9999999999", b"{", b"}", b"\n", b"\t", b"\xff\xff", b"\0\0",
                 b"\x7f", b"1e400", b"[", b"]", b'"', b"ROOT", b"(", b",")
            ),
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def mutate(raw: bytes, edits: list[tuple[str, float, bytes, bool]]) -> bytes:
    """Bytes changed, put in, taken out, cut or repeated; half of the edits fall near the start."""
    data = bytearray(raw)
    for how, where, what, near in edits:
        place = int(where * (min(len(data), 700) if near else len(data)))
        if how == "set":
            data[place : place + len(what)] = what
        elif how == "insert":
            data[place:place] = what
        elif how == "delete":
            del data[place : place + len(what)]
        elif how == "cut":
            del data[place:]
        else:
            data[place:place] = data[place : place + 200]
    return bytes(data)


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=EDITS)
def test_mutated_files_are_read_or_refused_in_one_line(
    originals: Originals,
    kind: str,
    edits: list[tuple[str, float, bytes, bool]],
) -> None:
    folder, files = originals
    name, raw = files[kind]
    path = folder / name
    path.write_bytes(mutate(raw, edits))
    address = f"{path}#0" if kind == "pack" else path
    for wishes in ({}, {"fps": 30.0, "up": "y", "unit": "m"}):
        message = "read"
        try:
            motion = read_motion(address, **wishes)  # type: ignore[arg-type]
        except LlamoError as error:
            message = str(error)
        else:
            assert np.isfinite(motion.joints).all()
        assert "\n" not in message
        assert len(message) < 600
    with contextlib.suppress(LlamoError):
        describe(address)


def test_kinds_of_errors(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text("Dear diary")
    with pytest.raises(UnreadableFile):
        read_motion(tmp_path / "a.bvh")
    np.save(tmp_path / "a.npy", np.zeros((3, 23, 3)))
    with pytest.raises(InvalidMotion):
        read_motion(tmp_path / "a.npy", fps=30)
