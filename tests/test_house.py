"""The house itself: what is exported, installed, declared and documented."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

import llamo

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("llamo", "encoders", "cross_talker", "train", "serve")
LINKED = ("encoders", "cross_talker", "train", "serve")
CODE_FOLDERS = (*ROOMS, "tests", "examples", "benchmarks")

LOADED_BY = {"lmms_eval"}
"""Loads one module of ours where both are installed; nothing of ours asks for it."""

IMPORT_NAME = {
    "pyyaml": "yaml",
    "opencv-contrib-python": "cv2",
    "import-linter": "importlinter",
    "pillow": "PIL",
}
"""Where a distribution and what it installs have different names."""


def sources(*folders: str) -> list[Path]:
    """Python files below the folders, each once."""
    found = (p for folder in folders for p in (ROOT / folder).rglob("*.py"))
    return sorted(
        p for p in found if not any(part.is_symlink() for part in p.parents if ROOT in part.parents)
    )


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements() -> list[str]:
    """Every requirement of the project, extras included."""
    declared = project()["project"]
    groups = declared["optional-dependencies"].values()
    return [*declared["dependencies"], *(line for group in groups for line in group)]


def code_blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)


def run_python(code: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments, "-c", code],
        capture_output=True, text=True, cwd=cwd, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_exported_names():
    assert llamo.__all__ == [
        "Answer", "Assistant", "LiveSession", "LiveUpdate", "LlamoConfig", "LlamoError",
        "LlamoForConditionalGeneration", "LlamoProcessor", "Motion", "Session", "Skeleton",
        "read_motion", "write_motion",
    ]  # fmt: skip
    for name in llamo.__all__:
        assert getattr(llamo, name).__name__ == name
    with pytest.raises(AttributeError, match="Amotion"):
        _ = llamo.Amotion


def test_import_loads_nothing_heavy():
    code = (
        "import sys, llamo; llamo.LlamoError; print(*sorted(m.split('.')[0] for m in sys.modules))"
    )
    loaded = run_python(code).stdout.split()
    assert "llamo" in loaded
    assert not {"torch", "transformers", "numpy", "scipy", "typer", "rich"} & set(loaded)


def test_reading_a_motion_loads_no_torch():
    code = (
        "import sys, llamo; llamo.read_motion('examples/turn.npz').mirror();"
        "assert 'torch' not in sys.modules"
    )
    done = run_python(code)
    assert done.returncode == 0, done.stderr


def test_version_is_stated_once_for_all():
    assert project()["project"]["version"] == llamo.__version__


def test_packages_are_the_folders_on_disk():
    on_disk = set()
    for source in sources(*ROOMS):
        if source.name == "__init__.py":
            parts = source.parent.relative_to(ROOT).parts
            on_disk.add(".".join(parts if parts[0] == "llamo" else ("llamo", *parts)))
    setuptools = project()["tool"]["setuptools"]
    assert set(setuptools["packages"]) == on_disk
    for room in LINKED:
        assert setuptools["package-dir"][f"llamo.{room}"] == room
        link = ROOT / "llamo" / room
        assert link.is_symlink() and link.readlink() == Path("..") / room


def test_wheel_puts_only_llamo_at_top_level(tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    copy = tmp_path / "checkout"
    skip = shutil.ignore_patterns(
        ".*", "*.egg-info", "build", "runs", "*.safetensors", "__pycache__"
    )
    copy.mkdir()
    for name in (*ROOMS, "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=skip)
        else:
            shutil.copy(ROOT / name, copy)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "--no-index", "-w", tmp_path, copy],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"llamo"}
    installed = {name for name in names if name.endswith(".py")}
    for source in sources(*ROOMS):
        path = source.relative_to(ROOT)
        inside = path if path.parts[0] == "llamo" else "llamo" / path
        assert inside.as_posix() in installed
    assert "llamo/py.typed" in names
    assert {"llamo/serve/player.js", "llamo/serve/demo.css"} <= set(names)
    for recipe in (ROOT / "train" / "recipes").glob("*.yaml"):
        assert f"llamo/train/recipes/{recipe.name}" in names
    for part in ("page.css", "page.html.j2"):
        assert f"llamo/report/handout/{part}" in names
    for exercise in (ROOT / "llamo" / "exercises").glob("*.yaml"):
        assert f"llamo/exercises/{exercise.name}" in names


def test_every_import_is_declared():
    names = {re.match(r"[A-Za-z0-9_.-]+", line)[0].lower() for line in requirements()}
    known = {IMPORT_NAME.get(name, name.replace("-", "_")) for name in names}
    known |= set(sys.stdlib_module_names) | {"llamo", "__future__"} | LOADED_BY
    for source in sources(*CODE_FOLDERS):
        beside = {p.stem for p in source.parent.glob("*.py")} | {"make_examples", "tests"}
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                roots = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                roots = {(node.module or "").split(".")[0]}
            else:
                continue
            unknown = roots - known - (beside if source.parts[-2] in CODE_FOLDERS[5:] else set())
            assert not unknown, f"{source.relative_to(ROOT)} imports {unknown}, not declared"


def test_extras_hold_what_they_promise():
    extras = project()["project"]["optional-dependencies"]
    assert set(extras) == {
        "video", "view", "demo", "train", "body", "quant", "flash", "rtmpose", "docs",
        "dev", "all",
    }  # fmt: skip
    home = {"timm": "video", "decord": "video", "gradio": "demo", "smplx": "body",
            "bitsandbytes": "quant", "flash-attn": "flash", "peft": "train"}  # fmt: skip
    for package, extra in home.items():
        assert any(line.startswith(package) for line in extras[extra])


def test_constraints_admit_what_is_declared():
    from packaging.requirements import Requirement

    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert not any("://" in line or line.startswith("-") for line in lines)
    pins = dict(line.lower().split("==") for line in lines if line and not line.startswith("#"))
    for line in requirements():
        wanted = Requirement(line)
        pin = pins.get(wanted.name.lower()) or pins.get(wanted.name.lower().replace("-", "_"))
        if wanted.name not in ("llamo", "flash-attn"):
            assert pin is not None, f"{wanted.name} has no pin"
            assert wanted.specifier.contains(pin), line


def test_readme_has_two_set_up_commands():
    commands = [block.strip() for block in code_blocks("README.md", "bash") if "venv" in block]
    assert len(commands) == 2
    assert all("\n" not in command for command in commands)
    ask, test = commands
    assert "-c constraints.txt" in ask and "llamo ask examples/" in ask
    assert "-c constraints.txt" in test and "pytest" in test
    # .ci/run takes the command from here.
    assert re.search(
        r"^python3 -m venv \.venv-test ", (ROOT / "README.md").read_text(), re.MULTILINE
    )


def test_files_that_the_documents_name_exist():
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        text = document.read_text()
        names = r"`((?:docs|examples|benchmarks|tests|encoders|cross_talker)/[\w./-]+)`"
        for name in re.findall(names, text):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


@pytest.mark.parametrize(
    "recipe", sorted((ROOT / "train" / "recipes").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_recipe_parses_and_says_how_to_run_it(recipe):
    text = recipe.read_text()
    assert re.match(rf"#.*llamo train train/recipes/{recipe.name}", text)
    assert isinstance(yaml.safe_load(text), dict)


def test_no_line_of_the_code_knows_a_machine_or_a_data_file():
    paths = re.compile(r"/(?:home|root|work|Users|mnt|farm)/\w+")
    digests = re.compile(r"\b[0-9a-f]{40}\b|\b[0-9a-f]{64}\b")
    for source in sources(*ROOMS, "examples", "benchmarks"):
        text = source.read_text()
        assert not paths.search(text), source
        assert not digests.search(text), source
        assert "sealed" not in text, source


def test_files_hold_one_idea():
    for source in sources(*ROOMS, "examples", "benchmarks"):
        text = source.read_text()
        assert len(text.splitlines()) < 400, f"{source.relative_to(ROOT)} is long; split it"
        assert source.name not in ("utils.py", "helpers.py", "common.py", "misc.py")
        assert ast.get_docstring(ast.parse(text)), f"{source.relative_to(ROOT)} says not what it is"
        unfinished = re.search(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", text)
        assert not unfinished, f"{source.relative_to(ROOT)} is unfinished"
