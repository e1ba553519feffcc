"""HumanML3D captions: files as released, BLEU, ROUGE-L and CIDEr by hand, whole runs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData
from llamo.evaluation.caption_metrics import bleu, bleu_counts, cider_d, rouge_l, words
from llamo.evaluation.captions_data import read_captions
from llamo.evaluation.humanml3d_captions import evaluate_humanml3d_captions

TEXTS = {
    "000001": "a man kicks something.#a/DET man/NOUN kick/VERB#0.0#0.0\n"
    "he kicks with his left leg#he/PRON kick/VERB#0.0#0.0\n",
    "M000001": "a man kicks with his right leg#x/X#0.0#0.0\nhe stands#he/PRON#1.0#2.5\n",
    "000002": "a person walks#a/DET#nan#nan\n",
    "000003": "he turns#he/PRON#0.5#1.5\n",
}


@pytest.fixture
def humanml3d(tmp_path: Path) -> Path:
    folder = tmp_path / "HumanML3D"
    (folder / "texts").mkdir(parents=True)
    for name, text in TEXTS.items():
        (folder / "texts" / f"{name}.txt").write_text(text)
    (folder / "test.txt").write_text("\n".join(TEXTS) + "\n")
    return folder


def predictions(tmp_path: Path, texts: dict[str, str]) -> Path:
    path = tmp_path / "given.jsonl"
    lines = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


# --- metrics by hand -----------------------------------------------------------------------------


def test_words_are_told_apart() -> None:
    assert words("A man's T-pose, twice!") == ("a", "man's", "t-pose", "twice")


def test_bleu_by_hand() -> None:
    # Papineni et al. 2002, example 2: "the" seven times has two matches of seven
    counts = bleu_counts(words("the the the the the the the"), [words("the cat is on the mat")])
    assert counts[:2].tolist() == [2, 7]
    assert bleu(counts, 1) == pytest.approx(2 / 7)
    assert bleu(counts, 4) == 0
    # three of four words, two of three pairs; shorter than the reference by two
    counts = bleu_counts(words("he kicks very high"), [words("he kicks very fast and low")])
    assert bleu(counts, 2) == pytest.approx(math.sqrt(3 / 4 * 2 / 3) * math.exp(1 - 6 / 4))
    same = words("he kicks with his left leg")
    assert bleu(bleu_counts(same, [words("no"), same])) == pytest.approx(1)


def test_bleu_of_a_corpus_is_no_mean_of_sentences() -> None:
    right, wrong = words("a b c d"), words("x y")
    rows = np.array([bleu_counts(right, [right]), bleu_counts(wrong, [words("p q")])])
    # six words, four of them right; 3 of 4 pairs, 2 of 2 triples, 1 of 1
    expected = (4 / 6 * 3 / 4 * 2 / 2 * 1 / 1) ** 0.25
    assert bleu(rows.sum(0)) == pytest.approx(expected)
    assert bleu(rows).tolist() == [1, 0]


def test_of_two_references_equally_near_the_shorter_one_counts() -> None:
    assert bleu_counts(words("a b c"), [words("a b c d"), words("a b")])[-1] == 2


def test_rouge_l_by_hand() -> None:
    # common subsequence "police the gunman" of 4 and 4 words (Lin 2004): P = R = 3/4
    said, right = words("police kill the gunman"), words("police killed the gunman")
    assert rouge_l(said, [right]) == pytest.approx(3 / 4)
    # P = 2/2, R = 2/4: (1 + b2) P R / (R + b2 P)
    expected = 2.44 * 1 * 0.5 / (0.5 + 1.44 * 1)
    assert rouge_l(words("a b"), [words("a x b y")]) == pytest.approx(expected)
    assert rouge_l((), [right]) == 0


def test_cider_by_hand() -> None:
    references = [[words("a b c d e")], [words("p q r s t")]]
    found = cider_d([words("a b c d e"), words("a b c d e")], references)
    assert found.tolist() == pytest.approx([10, 0])  # every order matches; no order does
    # one of two single words, weights log 2 each: cosine 1/2, the other orders have no match
    found = cider_d([words("a x"), words("q")], [[words("a b")], [words("q z")]])
    assert found[0] == pytest.approx(10 * 0.25 * 0.5)
    short = 10 * 0.25 * (1 / math.sqrt(2)) * math.exp(-1 / 72)  # one word short
    assert found[1] == pytest.approx(short)


def test_words_that_all_use_do_not_count_for_cider() -> None:
    references = [[words("he walks")], [words("he jumps")]]
    assert cider_d([words("he"), words("he")], references).tolist() == [0, 0]


# --- files and runs ------------------------------------------------------------------------------


def test_released_files_are_read(humanml3d: Path) -> None:
    held = read_captions(humanml3d, "test")
    assert [(one.name, len(one.captions)) for one in held.motions] == [
        ("000001", 2), ("M000001", 1), ("000002", 1),
    ]  # fmt: skip
    assert held.motions[0].captions[0] == "a man kicks something."
    assert (held.parts, held.only_parts) == (2, ["000003"])


@pytest.mark.parametrize(
    ("line", "message"),
    [("a man", "expected caption#tokens"), ("a#b#c#d", "must be seconds"), ("#x#0#0", "expected")],
)
def test_a_malformed_line_gets_one_clear_error(humanml3d: Path, line: str, message: str) -> None:
    (humanml3d / "texts" / "000002.txt").write_text(line + "\n")
    with pytest.raises(InvalidData, match=f"000002.txt line 1: .*{message}"):
        read_captions(humanml3d, "test")
    (humanml3d / "test.txt").write_text("../secret\n")
    with pytest.raises(InvalidData, match="is no file name"):
        read_captions(humanml3d, "test")


SAID = {"000001": "he kicks with his left leg", "M000001": "a man walks", "000002": "nothing"}


def test_captions_are_scored_against_all_references_or_the_first(
    humanml3d: Path, tmp_path: Path
) -> None:
    given = predictions(tmp_path, SAID)
    report = evaluate_humanml3d_captions(humanml3d, "test", tmp_path / "a", predictions=given)
    assert report["protocol"] == "captions:words,all"
    assert report["references"]["mean"] == pytest.approx(4 / 3)
    lines = [json.loads(line) for line in (tmp_path / "a" / "predictions.jsonl").open()]
    assert lines[0]["rouge_l"] == pytest.approx(100)
    assert report["overall"]["rouge_l"]["mean"] == pytest.approx(
        np.mean([line["rouge_l"] for line in lines])
    )
    # six words of ten are in "he kicks with his left leg", two in "a man walks"
    bleu_1 = 100 * 8 / 10 * math.exp(1 - (6 + 7 + 3) / 10)
    assert report["overall"]["bleu_1"]["mean"] == pytest.approx(bleu_1)
    low, high = report["overall"]["bleu_1"]["ci95"]
    assert low < bleu_1 < high
    first = evaluate_humanml3d_captions(
        humanml3d, "test", tmp_path / "b", predictions=given, references="first"
    )
    assert first["overall"]["bleu_4"]["mean"] == 0 < report["overall"]["bleu_4"]["mean"]
    assert "majority" in first["controls"]
    text = (tmp_path / "a" / "report.md").read_text()
    for told in ("12.500", "tokenizer: words", "not looked at", "2 captions of a part", "R@3"):
        assert told in text
    with pytest.raises(InvalidData, match="references 'some'"):
        evaluate_humanml3d_captions(humanml3d, "test", tmp_path / "c", references="some")


def test_motions_of_unusual_length_are_left_out(humanml3d: Path, tmp_path: Path) -> None:
    motions = humanml3d / "new_joint_vecs"
    motions.mkdir()
    for name, frames in (("000001", 40), ("M000001", 39), ("000002", 200)):
        np.save(motions / f"{name}.npy", np.zeros((frames, 263), np.float32))
    given = predictions(tmp_path, SAID)
    report = evaluate_humanml3d_captions(humanml3d, "test", tmp_path / "a", predictions=given)
    assert report["overall"]["n"] == 1
    assert "2 others left out" in report["about"][0]
    result = CliRunner().invoke(
        app,
        ["eval", "humanml3d-captions", "--data", str(humanml3d), "--out", str(tmp_path / "b"),
         "--predictions", str(given), "--all-lengths"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "n 3" in result.stdout
    assert result.stdout.startswith("bleu_1")


class Describer:
    """Says the same of every clip."""

    name, fingerprint = "describer", "of these weights"

    def open(self, clip: str, **words: float) -> str:
        return clip

    def answer_batch(self, pairs: list[tuple[str, str]], **options: bool) -> list[SimpleNamespace]:
        return [SimpleNamespace(answer="a man kicks", confidence=0.5, abstained=False)] * len(pairs)


def test_a_model_is_asked_to_describe(humanml3d: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="000001.npy is not there"):
        evaluate_humanml3d_captions(humanml3d, "test", tmp_path / "a", Describer())
    motions = humanml3d / "new_joint_vecs"
    motions.mkdir()
    for name in ("000001", "M000001", "000002"):
        np.save(motions / f"{name}.npy", np.zeros((60, 263), np.float32))
    swap = ["shuffled_motion"]
    report = evaluate_humanml3d_captions(
        humanml3d, "test", tmp_path / "a", Describer(), controls=swap
    )
    assert report["model"] == "describer"
    assert report["controls"]["shuffled_motion"]["rouge_l"] == report["overall"]["rouge_l"]
    one = evaluate_humanml3d_captions(
        humanml3d, "test", tmp_path / "b", Describer(), controls=swap, limit=1
    )
    assert one["controls"]["shuffled_motion"]["n"] == 0  # there is no other clip to show
