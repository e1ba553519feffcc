"""Every code block of the documentation and the README runs, or says why it does not.

Python runs page by page in one namespace, in a folder that holds nothing but the examples. A
``llamo`` command runs through the command line in this process where the files that it reads are
there; elsewhere its verb and options are checked. A block opts out by a comment on the line before
it, ``<!-- not run: why -->``; ``pytest -rs`` lists these. A block of the language ``output`` is
what the block before it prints; one with a title is a file that the next ones read.
"""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from documents import Block, blocks_of, commands_of
from typer.testing import CliRunner

from llamo.cli import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
EXCUSED = [block for block in BLOCKS if block.excuse]

LANGUAGES = {"python", "output", "bash", "console", "yaml", "json", "bibtex", "text"}
NEVER_ENDING = {"train", "serve"}
"""Verbs that take hours, or run until they are stopped: they are checked, not run."""

OUTPUTS = {"out", "target", "save_view", "overlay"}
"""Parameters that name what is written; all other paths are read."""

PATH = re.compile(r"/|\.\w{2,5}(#\d+)?$")
PLACEHOLDER = re.compile("[A-Z]{2,}")
LEAST_EXCUSE = 12
"""A reason is longer than this."""


def ids(blocks: list[Block]) -> list[str]:
    return [str(block) for block in blocks]


@pytest.fixture(scope="module")
def one_assistant(weights_dir: Path) -> Any:
    """llamo-tiny, loaded once for all pages."""
    from llamo.assistant import Assistant

    return Assistant.from_pretrained()


@pytest.fixture
def bare_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of somebody who has the examples and nothing else."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def loaded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called by whoever needs the model: from then on everybody gets the one that is loaded."""

    def load() -> None:
        from llamo.assistant import Assistant

        one = request.getfixturevalue("one_assistant")
        real = Assistant.from_pretrained.__func__  # type: ignore[attr-defined]

        def from_pretrained(cls: Any, path: Any = None, *how: str | None) -> Any:
            return one if path is None else real(cls, path, *how)

        monkeypatch.setattr(Assistant, "from_pretrained", classmethod(from_pretrained))

    return load


def parsed(words: list[str]) -> tuple[str, dict[str, Any]]:
    """The verb, and its parameters by name; fails where there is no such verb or option."""
    command: Any = typer.main.get_command(app)
    words = list(words)
    path: list[str] = []
    while hasattr(command, "commands"):
        assert words and words[0] in command.commands, f"no verb {' '.join([*path, *words[:1]])!r}"
        path.append(words.pop(0))
        command = command.commands[path[-1]]
    context = command.make_context(path[-1], words)
    return path[0], dict(context.params)


def can_run(verb: str, given: dict[str, Any], folder: Path) -> bool:
    """Whether all that a command reads is there on a bare machine."""
    if verb in NEVER_ENDING or str(given.get("camera")).isdigit():
        return False
    for name, value in given.items():
        is_path = isinstance(value, Path) or (isinstance(value, str) and PATH.search(value))
        is_read = is_path and name not in OUTPUTS and " " not in str(value)
        if is_read and not (folder / str(value).split("#")[0]).exists():
            return False
        if isinstance(value, str) and PLACEHOLDER.fullmatch(value):
            return False
    return True


def run_command(words: list[str], folder: Path, load: Callable[[], None]) -> str | None:
    """What a command prints; None where it could only be checked."""
    if words[0] == "--version":
        return CliRunner().invoke(app, words).stdout
    verb, given = parsed(words)
    if not can_run(verb, given, folder):
        return None
    load()
    done = CliRunner().invoke(app, words, input="What does the person do?\n")
    assert done.exit_code == 0, f"llamo {' '.join(words)}: {done.output} {done.exception!r}"
    return done.stdout


def run_block(block: Block, folder: Path, names: dict[str, Any], load: Callable[[], None]) -> None:
    if block.language == "python":
        if "Assistant" in block.text:
            load()
        exec(compile(block.text, str(block), "exec"), names)
    elif block.language == "bash":
        for words in commands_of(block.text):
            run_command(words, folder, load)
    elif block.language == "console":
        command, *shown = block.text.splitlines()
        (words,) = commands_of(command.removeprefix("$ "))
        said = run_command(words, folder, load)
        assert said is not None and said.splitlines()[0] == shown[0]
    elif block.language == "yaml":
        list(yaml.safe_load_all(block.text))
    elif block.language == "json":
        try:
            json.loads(block.text)
        except json.JSONDecodeError:
            for line in block.text.splitlines():  # JSON lines
                json.loads(line)


def assert_said(said: str, shown: str) -> None:
    """What was printed is what the page shows; numbers may differ in their last digits."""
    number = re.compile(r"[-+]?\d+\.\d+")
    assert number.sub("#", said.strip()) == number.sub("#", shown.strip())
    pairs = zip(number.findall(said), number.findall(shown), strict=True)
    for one, other in pairs:
        assert float(one) == pytest.approx(float(other), rel=0.02, abs=0.02)


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_the_blocks_of_a_page_run_in_order(document, bare_folder, loaded, capsys):
    names: dict[str, Any] = {"__name__": document.stem}
    for block in blocks_of(document):
        if block.excuse:
            continue
        if block.file is not None:
            Path(block.file).write_text(block.text, encoding="utf-8")
        try:
            if block.language == "output":
                assert_said(capsys.readouterr().out, block.text)
            else:
                capsys.readouterr()  # what the blocks before printed
                run_block(block, bare_folder, names, loaded)
        except BaseException as error:
            error.add_note(f"in the {block.language} block at {block}")
            raise


@pytest.mark.parametrize("block", EXCUSED, ids=ids(EXCUSED))
def test_a_block_that_is_not_run_says_why_and_is_checked(block):
    assert len(block.excuse) >= LEAST_EXCUSE, f"{block} gives no reason"
    if block.language == "python":  # what can be known without running it
        for node in ast.walk(ast.parse(block.text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("llamo"):
                module = importlib.import_module(node.module or "")
                for alias in node.names:
                    assert hasattr(module, alias.name), f"{block} imports {alias.name}"
    elif block.language == "bash":
        for words in commands_of(block.text):
            parsed(words)
    pytest.skip(block.excuse)


def test_every_shell_block_is_a_shells():
    for block in BLOCKS:
        if block.language == "bash":
            done = subprocess.run(
                ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{block}: {done.stderr}"


def test_every_block_names_a_language_that_is_known():
    unknown = {str(block): block.language for block in BLOCKS if block.language not in LANGUAGES}
    assert not unknown


def test_blocks_are_found_with_their_excuses(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "A\n\n```python\na = 1\n```\n\n<!-- not run: needs a camera -->\n```bash\nllamo live\n```\n"
        "\n    llamo ask x.npz \"Why?\"\n\n- item\n\n    of the item\n\n    no block\n\n"
        "B:\n\n    {\"a\": 1}\n"
    )  # fmt: skip
    found = blocks_of(page)
    assert [(one.language, one.line, one.excuse) for one in found] == [
        ("python", 4, None), ("bash", 9, "needs a camera"), ("bash", 12, None), ("json", 22, None),
    ]  # fmt: skip
    assert commands_of(found[2].text) == [["ask", "x.npz", "Why?"]]


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["ask", "examples/squats.npz", "How many? 3/4 or so."], True),
        (["ask", "nowhere.npz", "How many?"], False),
        (["ask", "examples/squats.npz#0", "How many?", "--save-view", "view.png"], True),
        (["measure", "examples/squats.npz", "--exercise", "my_squat.yaml"], False),
        (["live", "--camera", "0"], False),
        (["train", "train/recipes/llamo-tiny.yaml", "--data", "DIR"], False),
    ],
)
def test_a_command_runs_where_what_it_reads_is_there(words, runs, bare_folder):
    verb, given = parsed(words)
    assert can_run(verb, given, bare_folder) is runs


@pytest.mark.parametrize("words", [["asks", "a", "b"], ["ask"], ["ask", "a", "b", "--loudly"]])
def test_a_wrong_command_is_found(words):
    with pytest.raises(BaseException, match="(no verb|Missing|--loudly)"):
        parsed(words)
