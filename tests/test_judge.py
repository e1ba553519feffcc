"""Judges: prompts and replies, the rule, an HTTP endpoint, a local model, what is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData, JudgeError, UnreadableFile
from llamo.evaluation.judge.asking import Replies
from llamo.evaluation.judge.choose import choose_judge
from llamo.evaluation.judge.endpoint import EndpointJudge
from llamo.evaluation.judge.judges import Reply, RuleJudge, decide
from llamo.evaluation.judge.local import LocalJudge
from llamo.evaluation.judge.rubric import COACHING, CORRECTNESS, Case, Rubric

# --- prompts and replies -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("{'pred': 'yes', 'score': 4}", (1, 4)),
        ('Sure! {"pred": "No", "score": 1.9} Hope this helps.', (0, 1)),  # int(), as published
        ("```python\n{'pred': 'yes', 'score': '5'}\n```", (1, 5)),
        ("{'pred': 'maybe', 'score': 3}", None),
        ("{'pred': 'yes', 'score': 6}", None),
        ("{'pred': 'yes', 'score': -1}", None),
        ("{'pred': 'yes', 'score': True}", None),
        ("{'pred': 'yes', 'score': nan}", None),
        ("{'pred': 'yes'}", None),
        ("yes, 5", None),
        ("{" * 5000, None),
        ("__import__('os').getcwd() {1: 2}", None),
        ("", None),
    ],
)
def test_a_reply_is_read_or_counted_as_unread(reply: str, verdict: tuple | None) -> None:
    read = CORRECTNESS.read(reply)
    assert read == (None if verdict is None else dict(zip(("correct", "score"), verdict)))  # noqa: B905


def test_four_criteria_make_one_average() -> None:
    reply = "{'reasonableness': 3, 'coherence': 4, 'pertinence': 2, 'adaptability': 1}"
    read = COACHING.read(reply)
    assert read is not None
    assert (read["all"], read["pertinence"]) == (2.5, 2)
    assert COACHING.read(reply.replace("'adaptability': 1", "")) is None


def test_texts_with_braces_stand_in_the_prompt_as_they_are() -> None:
    case = Case("{answer}?", "{x}", "{prediction}")
    text = CORRECTNESS.ask(case)[1]["content"]
    assert "Question: {answer}?\nCorrect answer: {x}\nPredicted answer: {prediction}\n" in text


def test_another_prompt_is_another_hash_and_needs_its_places() -> None:
    other = CORRECTNESS.with_user("{question} {answer} {prediction}?")
    assert other.sha256 != CORRECTNESS.sha256
    assert other.values == CORRECTNESS.values == ("correct", "score")
    with pytest.raises(InvalidData, match=r"needs \{prediction\}"):
        CORRECTNESS.with_user("{question} {answer}")


# --- the rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "prediction", "right"),
    [
        ("He raises the left hand.", "he raises left hand", True),
        ("He raises the left hand.", "he raises the right hand", None),
        ("The left hand.", "", False),
        ("Yes", "Yes, he does.", True),
        ("Yes, he kneels.", "No.", False),
        ("Yes, he kneels.", "Yes, he jumps.", None),
        ("No", "I do not know", None),
        ("5", "He does five squats.", True),
        ("5", "4 squats", False),
        ("5", "4 or 5", None),
        ("5", "many", None),
    ],
)
def test_the_rule_decides_what_words_alone_decide(
    answer: str, prediction: str, right: bool | None
) -> None:
    assert decide(answer, prediction) is right


def test_the_rule_replies_in_the_form_of_the_rubric() -> None:
    cases = [Case("?", "Yes", "yes"), Case("?", "Yes", "No"), Case("?", "Turn more.", "Turn less.")]
    read = [CORRECTNESS.read(one.text) for one in RuleJudge().replies(CORRECTNESS, cases)]
    assert read == [{"correct": 1, "score": 5}, {"correct": 0, "score": 0}, None]
    coached = [COACHING.read(one.text) for one in RuleJudge().replies(COACHING, cases)]
    assert coached[0] is not None and coached[0]["all"] == 5
    assert coached[1:] == [None, None]  # not right is no score of coherence


# --- what is kept --------------------------------------------------------------------------------


class Parrot:
    """Says yes of all; stops after so many cases, as Ctrl-C would stop it."""

    id, at_once, free = "parrot", 2, False

    def __init__(self, stop_after: int = 99) -> None:
        self.asked: list[Case] = []
        self.stop_after = stop_after

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        if len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked += cases
        return [Reply("{'pred': 'yes', 'score': 4}", "parrot-2", 10, 3) for _ in cases]


CASES = [Case("How?", "Fast.", said) for said in ("Fast", "Slowly", "Fast", "High", "Low", "So")]


def test_a_stopped_judge_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "run" / "judge.jsonl"
    with pytest.raises(KeyboardInterrupt):
        Replies(path, Parrot(stop_after=2), CORRECTNESS).ask(CASES)
    with path.open("a") as lines:
        lines.write('{"key": "cut sho')  # as a killed process leaves it
    judge, seen = Parrot(), []
    replies = Replies(path, judge, CORRECTNESS)
    replies.ask(CASES, lambda done, total: seen.append((done, total)))
    assert [case.prediction for case in judge.asked] == ["High", "Low", "So"]  # each once
    assert seen == [(2, 3), (3, 3)]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 5
    assert lines[0]["reply"]["text"] == "{'pred': 'yes', 'score': 4}"
    assert (lines[0]["judge"], lines[0]["prompt_sha256"]) == ("parrot", CORRECTNESS.sha256)
    assert Replies(path, Parrot(), COACHING).of(CASES[0]) is None  # another prompt


def test_cost_is_estimated_before_anything_is_asked(tmp_path: Path) -> None:
    judge = Parrot()
    replies = Replies(tmp_path / "judge.jsonl", judge, CORRECTNESS)
    estimate = replies.estimate(CASES)
    assert (estimate.calls, estimate.kept, estimate.tokens_out) == (5, 0, 100)
    characters = sum(len(one["content"]) for one in CORRECTNESS.ask(CASES[0]))
    assert estimate.tokens_in == pytest.approx(5 * characters / 4, rel=0.05)
    dollars = (estimate.tokens_in * 2 + 100 * 8) / 1e6
    assert estimate.cost((2, 8)) == pytest.approx(dollars)
    assert "5 calls, 0 replies kept" in estimate.text(judge, (2, 8))
    assert not judge.asked
    replies.ask(CASES[:2])
    assert (replies.estimate(CASES).calls, replies.estimate(CASES).kept) == (3, 2)
    assert Replies(tmp_path / "j", RuleJudge(), CORRECTNESS).estimate(CASES).tokens_in == 0


def test_a_file_that_holds_no_replies_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "judge.jsonl"
    path.write_text('Dear diary\n{"key": 1}\n')
    with pytest.raises(UnreadableFile, match="holds no judge's replies"):
        Replies(path, Parrot(), CORRECTNESS)
    assert path.read_text().startswith("Dear diary")


# --- an endpoint ---------------------------------------------------------------------------------


class Served:
    """A server that speaks chat completions: replies by what the prompt holds, fails at first."""

    def __init__(self, fail: Sequence[int] = ()) -> None:
        self.fail, self.requests = list(fail), []
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                served.requests.append((self.path, self.headers.get("Authorization"), body))
                code = served.fail.pop(0) if served.fail else 200
                text = "{'pred': 'yes', 'score': 5}"
                if "Predicted answer: Fast" not in body["messages"][1]["content"]:
                    text = "{'pred': 'no', 'score': 1}"
                held = {
                    "model": "judge-2026",
                    "choices": [{"message": {"role": "assistant", "content": text}}],
                    "usage": {"prompt_tokens": 50, "completion_tokens": 9},
                }
                self.send_response(code)
                self.end_headers()
                self.wfile.write(json.dumps(held).encode() if code == 200 else b"no")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def served() -> Iterator[Served]:
    one = Served()
    yield one
    one.close()


def test_an_endpoint_is_asked_as_chat_completions_are(served: Served) -> None:
    judge = EndpointJudge(served.url, "judge", "secret", at_once=2)
    replies = judge.replies(CORRECTNESS, CASES[:2])
    assert [CORRECTNESS.read(one.text)["correct"] for one in replies] == [1, 0]
    assert replies[0].served == "judge-2026"
    assert (replies[0].tokens_in, replies[0].tokens_out) == (50, 9)
    path, key, body = served.requests[0]
    assert (path, key) == ("/v1/chat/completions", "Bearer secret")
    assert (body["model"], body["temperature"]) == ("judge", 0)
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert "secret" not in repr(judge)


def test_a_busy_endpoint_is_asked_again_and_a_refusal_is_told(served: Served) -> None:
    judge = EndpointJudge(served.url, "judge", wait_s=0, tries=3)
    served.fail = [503, 429]
    assert len(judge.replies(CORRECTNESS, CASES[:1])) == 1
    assert len(served.requests) == 3
    served.fail = [500, 500, 500]
    with pytest.raises(JudgeError, match=r"in 3 tries \(HTTP 500 .*start again to go on"):
        judge.replies(CORRECTNESS, CASES[:1])
    served.fail = [401]
    with pytest.raises(JudgeError, match="refuses: HTTP 401"):
        judge.replies(CORRECTNESS, CASES[:1])


def test_an_endpoint_that_is_not_there_is_told(served: Served) -> None:
    served.close()
    with pytest.raises(JudgeError, match="did not reply in 2 tries"):
        EndpointJudge(served.url, "judge", wait_s=0, tries=2).replies(CORRECTNESS, CASES[:1])
    with pytest.raises(JudgeError, match="begins with http"):
        EndpointJudge("ftp://judge", "judge")
    with pytest.raises(InvalidData, match="--judge-model"):
        choose_judge("http://localhost:1/v1")


def test_movid_bench_through_an_endpoint(served: Served, tmp_path: Path) -> None:
    questions = [
        {"id": i, "question": "How?", "answer": "Fast.", "axis": axis, "pred": said}
        for i, (axis, said) in enumerate([("body", "Fast"), ("seq", "Slowly")])
    ]
    (tmp_path / "bench.json").write_text(json.dumps(questions))
    words = ["eval", "movid-bench", "--data", str(tmp_path / "bench.json"), "--out",
             str(tmp_path / "out"), "--judge", served.url, "--judge-model", "judge",
             "--no-controls"]  # fmt: skip
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "judge judge: 2 calls, 0 replies kept" in result.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["protocol"] == "judge:judge"
    assert report["judge"]["served"] == ["judge-2026"]
    assert report["overall"]["correct"]["mean"] == 0.5
    assert report["overall"]["score"]["mean"] == 3
    assert len(served.requests) == 2
    again = CliRunner().invoke(app, words)
    assert "0 calls, 2 replies kept" in again.stderr
    assert len(served.requests) == 2


# --- a local model -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random causal language model of one layer with a tokenizer of whole words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", "{'pred':", "'yes',", "'no',", "'score':", "4}", "Fast"]
    tokenizer = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("judges") / "tiny-judge"
    LlamaForCausalLM(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    return folder


def test_a_local_model_replies_alone_as_in_a_batch(weights: Path) -> None:
    judge = LocalJudge(weights, device="cpu")
    assert judge.id.startswith("tiny-judge@")
    cases = [Case("How?", "Fast.", "Fast " * n) for n in (1, 7, 3)]
    together = judge.replies(CORRECTNESS, cases)
    alone = [judge.replies(CORRECTNESS, [case])[0] for case in cases]
    assert [one.text for one in together] == [one.text for one in alone]
    assert together[1].tokens_in == alone[1].tokens_in > together[0].tokens_in
    assert together == judge.replies(CORRECTNESS, cases)  # greedy


def test_other_weights_are_another_judge(weights: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / weights.name
    shutil.copytree(weights, copy)
    assert LocalJudge(copy).id == LocalJudge(weights).id
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "rms_norm_eps": 1e-3}))
    assert LocalJudge(copy).id != LocalJudge(weights).id


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"has no config\.json"):
        choose_judge(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(JudgeError, match="cannot be loaded"):
        LocalJudge(tmp_path, "cpu").replies(CORRECTNESS, CASES[:1])
