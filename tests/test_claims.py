"""The benchmark of the paper's claims: what its table says, and that it goes on where it was."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from benchmark_modules import load_benchmark
from transformers import AutoModelForCausalLM

from llamo.encoders.motion import MotionEncoder
from llamo.train import motion_tokens
from llamo.train.question_pool import PoolQuestion, QuestionPool, write_chunk
from llamo.train.recipe import InstructStage


@pytest.fixture(scope="module")
def pool() -> ModuleType:
    return load_benchmark("claims_pool")


@pytest.fixture(scope="module")
def page(pool: ModuleType) -> ModuleType:
    return load_benchmark("claims_page")


@pytest.fixture(scope="module")
def claims(page: ModuleType) -> ModuleType:
    return load_benchmark("claims")


def result(*right: tuple[str, int, float], **cost: float) -> dict[str, Any]:
    """One seed: kind, clip and score of each question."""
    outcomes = [{"kind": kind, "clip": clip, "right": value} for kind, clip, value in right]
    return {"outcomes": outcomes, "tokens": 20.0, "milliseconds": 30.0, "minutes": 6.0, **cost}


FIRST = result(("action", 0, 1.0), ("action", 1, 0.0), ("count", 0, 1.0), ("describe", 0, 0.3))
SECOND = result(
    ("action", 0, 1.0), ("action", 1, 1.0), ("count", 0, 1.0), ("describe", 0, 0.9),
    tokens=22.0, milliseconds=50.0, minutes=10.0,
)  # fmt: skip


def test_seeds_are_merged_and_clips_stay_together(page: ModuleType):
    row = page.merged("LLaMo", [FIRST, SECOND])
    assert row["figures"]["all"]["n"] == 6  # a description is scored by its facts, not as right
    assert row["figures"]["all"]["accuracy"] == pytest.approx(5 / 6)
    assert row["figures"]["action"]["accuracy"] == pytest.approx(3 / 4)
    assert row["figures"]["count"]["ci95"] == [1.0, 1.0]
    assert "describe" not in row["figures"]
    assert row["seeds"] == pytest.approx([2 / 3, 1.0])
    assert (row["tokens"], row["milliseconds"], row["minutes"]) == (21.0, 40.0, 8.0)
    low, high = page.merged("LLaMo", [FIRST, FIRST])["figures"]["action"]["ci95"]
    assert (low, high) == (0.0, 1.0)  # two clips, however often they are asked about


def test_the_table_has_a_line_a_row(page: ModuleType):
    rows = {
        "llamo": page.merged("LLaMo", [FIRST, SECOND]),
        "k4": page.merged("LLaMo, K = 4", [result(("action", 0, 1))]),
    }
    head, rule, llamo, four = page.table(rows).split("\n")
    assert head == (
        "| system | all kinds [95 %] | seeds | action (2) | count (1) | tokens | ms | min |"
    )
    assert rule.count("|") == head.count("|") == llamo.count("|") == four.count("|")
    low, high = rows["llamo"]["figures"]["all"]["ci95"]
    assert llamo == (
        f"| LLaMo | 0.833 [{low:.2f}, {high:.2f}] | 0.667, 1.000 | 0.75 | 1.00 | 21 | 40 | 8 |"
    )
    assert four == "| LLaMo, K = 4 | 1.000 [1.00, 1.00] | 1.000 | 1.00 | - | 20 | 30 | 6 |"


def test_what_was_trained_longer_stands_below_a_line(page: ModuleType):
    longer = result(("action", 0, 1.0), ("count", 0, 1.0))
    del longer["minutes"]
    rows = {
        "llamo": page.merged("LLaMo", [FIRST]),
        "shipped": page.merged("as it ships", [longer]),
    }
    *_, line, shipped = page.table(rows).split("\n")
    assert set(line) == set("| -") and line.count("|") == shipped.count("|")
    assert shipped.startswith("| as it ships | 1.000") and shipped.endswith("| hours |")


def test_rows_above_llamos_are_named(page: ModuleType):
    own = page.merged("LLaMo", [FIRST])  # action .5, count 1, all .67
    other = page.merged("another", [result(("action", 0, 1.0), ("count", 0, 0.0))])
    longer = page.merged("as it ships", [result(("action", 0, 1.0), ("count", 0, 1.0))])
    worse = page.merged("worse", [result(("action", 0, 0.0), ("count", 0, 1.0))])
    told = page.in_words({"llamo": own, "k4": other, "k8": worse, "shipped": longer})
    assert told.split("\n")[2:] == ["- another: action (1.00, LLaMo 0.50)"]
    assert page.in_words({"llamo": own, "k8": worse}) == "No row is above LLaMo's."
    assert page.in_words({"k8": worse}) == ""


def test_the_questions_are_few_and_can_be_settled(pool: ModuleType, tmp_path: Path):
    asked = [
        PoolQuestion("what?", "wave", " | ".join("abcdefgh"), ((0, 2),), (), "action"),
        PoolQuestion("what then?", "wave", "", ((2, 3),), ((0, 2),), "order"),
        PoolQuestion("which way then?", "left", "", ((2, 3),), ((0, 2),), "order"),
        PoolQuestion("which hand?", "I can't tell: both hands move.", "", ((0, 2),), (), "side"),
        PoolQuestion("does he?", "yes", "", ((0, 2),), (), "yes_no"),
    ]
    features = [np.zeros((frames, 8), np.float16) for frames in (240, 241)]
    write_chunk(tmp_path, 0, features, [[asdict(one) for one in asked]] * 2)
    (clip,) = pool.short(QuestionPool(tmp_path)).clips  # the other is longer than 24 s
    assert [(one.question, one.facts) for one in clip.questions] == [
        ("what?", "a | b | c | d | e | f"),
        ("what then?", ""),
    ]


def test_minutes_are_of_all_steps_however_often_training_stopped(
    claims: ModuleType, tmp_path: Path
):
    for stage, curve in {
        "align": [{"step": 50, "step_s": 0.9}, {"step": 100, "loss": 1.0, "step_s": 0.6}],
        "instruct": [{"step": 600, "step_s": 0.5}, {"step": 600, "accuracy": 0.5}],
    }.items():
        (tmp_path / stage).mkdir()
        lines = "".join(json.dumps(row) + "\n" for row in curve)
        (tmp_path / stage / "curve.jsonl").write_text(lines)
    assert claims.minutes(tmp_path) == pytest.approx((100 * 0.6 + 600 * 0.5) / 60)


def make_run(folder: Path) -> Path:
    """What a training leaves: an encoder, questions about clips of random features, a recipe."""
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    encoder.save_pretrained(folder / "encoder" / "encoder")
    asked = [
        PoolQuestion("what is it?", "wave", "arm left", ((0, 2),), (), "action", scene="wave"),
        PoolQuestion("how often?", "5", "reps 5", ((0, 2),), (), "count", scene="wave"),
        PoolQuestion(
            "what follows?", "wave", "", ((2, 3),), ((0, 2),), "order", scene="bow | wave"
        ),
    ]
    rng = np.random.default_rng(0)
    for part in ("pool", "validation"):
        (folder / part).mkdir()
        features = [rng.standard_normal((40, 32)).astype(np.float16) for _ in range(6)]
        rows = [[asdict(one) for one in asked[: 2 + clip % 2]] for clip in range(6)]
        write_chunk(folder / part, 0, features, rows)
    stage = InstructStage(
        model={"width": 32, "heads": 2, "num_viewpoints": 4}, vocabulary=300, clips_per_step=2,
        language_model={"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
                        "intermediate_size": 32},
    )  # fmt: skip
    (folder / "recipe.json").write_text(json.dumps({"instruct": asdict(stage)}))
    return folder


def test_rows_are_trained_scored_and_written_once(
    claims: ModuleType, page: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(claims, "ask_shipped", lambda pools: FIRST)  # knows other features
    short = partial(motion_tokens.train_motion_tokenizer, steps=3, batch_size=4)
    monkeypatch.setattr(motion_tokens, "train_motion_tokenizer", short)
    run, docs = make_run(tmp_path), tmp_path / "new" / "docs"
    words = f"claims.py --run {run} --reading 2 --align 2 --steps 2 --docs {docs}"
    words += " --rows motiongpt,question"
    monkeypatch.setattr(sys, "argv", words.split())
    claims.main()
    written = (docs / "results.md").read_text()
    assert written.splitlines()[0] == page.WRITTEN_BY
    assert "MotionGPT" in written and "question alone" in written and "LLaMo |" not in written
    assert "llamo-tiny as it ships" in written
    assert (docs / "images" / "claims.png").is_file()
    results = sorted((run / "claims" / "2-2-2-12").glob("*/result.*"))
    assert [one.parent.name for one in results] == [
        "motiongpt-0", "motiongpt-1", "question-0", "question-1", "shipped",
    ]  # fmt: skip
    assert all(json.loads(one.read_text())["minutes"] > 0 for one in results)

    monkeypatch.setattr(claims, "train_row", pytest.fail)  # all is there: nothing is trained again
    claims.main()
    assert (docs / "results.md").read_text() == written


def test_rows_begin_with_one_language_model_that_has_read(
    claims: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = make_run(tmp_path)
    stage = InstructStage(**json.loads((run / "recipe.json").read_text())["instruct"])
    pools = claims.Pools(run)
    language = claims.taught_to_read(run, 3, stage, pools)
    taught = AutoModelForCausalLM.from_pretrained(language).state_dict()
    begun = []

    def not_trained(model: Any, *args: Any, **options: Any) -> None:
        begun.append({name: one.clone() for name, one in model.language_model.state_dict().items()})

    monkeypatch.setattr(claims, "instruct", not_trained)
    monkeypatch.setattr(claims, "minutes", lambda out: 0.0)
    monkeypatch.setattr(claims, "tune", None)  # it is there: nothing is taught again
    assert claims.taught_to_read(run, 3, stage, pools) == language
    for seed, name in enumerate(("llamo", "question")):
        claims.train_row(claims.ROWS[name], seed, run, tmp_path / name, 0, stage, pools, language)
    for one in begun:
        assert one.keys() == taught.keys()
        assert all((one[name] == taught[name]).all() for name in taught)
    torch.manual_seed(0)
    fresh, _ = claims.new_model(claims.encoder_of(run), pools.seen("native")[0], stage)
    assert any(
        (one != taught[name]).any() for name, one in fresh.language_model.state_dict().items()
    )
