"""The page: where everything stands, and what calls what."""

from __future__ import annotations

import gradio as gr

from llamo.kinematics import exercise_names
from llamo.serve.chart import COURSES
from llamo.serve.components import file_field, webcam_field
from llamo.serve.endpoints import Endpoints
from llamo.serve.events import AS_IT_SAYS, EVERYTHING, OPENED, QUESTIONS, Events
from llamo.serve.examples import EXAMPLES
from llamo.serve.service import Service

_ASKING, _OPENING = 8, 3
"""How many visitors are answered, and clips opened, at the same time; the others queue."""

_EMPTY = (
    '<div class="llamo-empty"><div><p><b>Drop a video or a motion file, or take an example.</b></p>'
    "<p>One person, whole in the picture. It stays on this server only while this page is open."
    "</p></div></div>"
)


def build_page(service: Service) -> gr.Blocks:
    """Everything that a visitor sees, and the endpoints for programs.

    Args:
        service: Does the work.
    """
    events = Events(service)
    with gr.Blocks(
        title="llamo", analytics_enabled=False, delete_cache=(60, 3600), fill_width=True
    ) as page:
        gr.HTML(
            '<div class="llamo-title"><h1>llamo</h1>'
            "<p>Ask a human motion a question; see the moments and numbers behind the answer.</p>"
            "</div>"
        )
        parts: dict[str, gr.components.Component | gr.layouts.Accordion] = {}
        parts["problem"] = _drawing("problem")
        with gr.Row(equal_height=False):
            with gr.Column(scale=6, min_width=320):
                _opener(parts, service)
                parts["stage"] = _drawing("stage", _EMPTY)
            with gr.Column(scale=5, min_width=320):
                _chat(parts)
        with gr.Tabs():
            with gr.Tab("Measurements"):
                _measurements(parts)
            with gr.Tab("Compare"):
                _comparison(parts)
            with gr.Tab("Take home"):
                _take_home(parts)
        Endpoints(service).add()  # first: the names are theirs
        _connect(parts, events)
        page.unload(events.leave)
    return page.queue(max_size=service.limits.waiting, default_concurrency_limit=_ASKING)


def _drawing(name: str, value: str = "") -> gr.HTML:
    """A place for HTML of our own making."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, elem_id=name, padding=False)


def _opener(parts: dict, service: Service) -> None:
    limits = service.limits
    with gr.Accordion("Open a clip", open=True, elem_id="opener") as parts["opener"]:
        with gr.Tabs():
            with gr.Tab("File"):
                parts["file"] = file_field(
                    label=f"Video or motion file, at most {limits.upload_mb} MB "
                    f"and {limits.clip_s:g} s",
                    height=130, elem_id="file",
                )  # fmt: skip
            with gr.Tab("Webcam"):
                parts["webcam"] = webcam_field(label="Record yourself, whole in the picture")
        with gr.Row(elem_classes="llamo-row"):
            parts["examples"] = [
                gr.Button(one.title, size="sm", elem_id=f"example-{name}", min_width=80)
                for name, one in EXAMPLES.items()
            ]
        with gr.Accordion("What the file may not tell", open=False):
            with gr.Row():
                parts["fps"] = gr.Number(None, label="Frames a second", minimum=0, min_width=120)
                parts["unit"] = gr.Dropdown(
                    [AS_IT_SAYS, "m", "cm", "mm", "in"], label="Unit", min_width=120
                )
                parts["up"] = gr.Dropdown(
                    [AS_IT_SAYS, "y", "z", "x", "-y", "-z", "-x"], label="Up axis", min_width=120
                )
            with gr.Row():
                parts["index"] = gr.Number(
                    None, label="Clip in a file of many, from 0", precision=0, minimum=0,
                    min_width=120,
                )  # fmt: skip
                parts["person"] = gr.Number(
                    None, label="Person in a video, from the left", precision=0, minimum=1,
                    min_width=120,
                )  # fmt: skip


def _chat(parts: dict) -> None:
    parts["chat"] = gr.Chatbot(
        label="Conversation", height=480, render_markdown=False, sanitize_html=True,
        buttons=["copy"], feedback_options=None, elem_id="chat", group_consecutive_messages=True,
        placeholder="Questions and answers stand here.", layout="bubble",
    )  # fmt: skip
    parts["question"] = gr.Textbox(
        label="Question", placeholder="How many squats does the person do?", max_length=2000,
        submit_btn="Ask", lines=1, max_lines=4, elem_id="question",
    )  # fmt: skip
    with gr.Row(elem_classes="llamo-row"):
        for place, question in zip(("first", "second", "third"), QUESTIONS, strict=True):
            parts[place] = gr.Button(question, size="sm", min_width=120, elem_id=place)


def _measurements(parts: dict) -> None:
    with gr.Row(equal_height=True):
        parts["exercise"] = gr.Dropdown(
            [EVERYTHING, *exercise_names()], label="Measured as", min_width=140
        )
        parts["course"] = gr.Dropdown(
            [course.replace("_", " ") for course in COURSES], label="Drawn over time", min_width=140
        )
    parts["chart"] = _drawing("chart")
    parts["measured"] = _drawing("measured")


def _comparison(parts: dict) -> None:
    with gr.Row(equal_height=True):
        with gr.Column(scale=3, min_width=240):
            parts["other"] = file_field(label="The second clip", height=110, elem_id="other")
        with gr.Column(scale=2, min_width=240):
            parts["compared_as"] = gr.Dropdown([EVERYTHING, *exercise_names()], label="Compared as")
            with gr.Row(elem_classes="llamo-row"):
                parts["other_examples"] = [
                    gr.Button(one.title, size="sm", min_width=80, elem_id=f"other-{name}")
                    for name, one in EXAMPLES.items()
                ]
    parts["pair"] = _drawing("pair")
    parts["compared"] = _drawing("compared")


def _take_home(parts: dict) -> None:
    gr.Markdown(
        "A report is one page that opens anywhere: pictures, measurements, and what you asked. "
        "The picture shows what the last answer looked at."
    )
    with gr.Row():
        parts["report"] = gr.Button("Make a report", variant="primary", elem_id="report")
        parts["view"] = gr.Button("Draw the last answer", elem_id="view")
    parts["download"] = gr.DownloadButton("Download", visible=False, elem_id="download")
    parts["made"] = _drawing("made")


def _connect(parts: dict, events: Events) -> None:
    opened = [parts[name] for name in OPENED]
    opening = {
        "outputs": opened, "api_visibility": "private", "concurrency_id": "open",
        "concurrency_limit": _OPENING, "show_progress_on": [parts["stage"]],
    }  # fmt: skip
    asking = {"api_visibility": "private", "concurrency_id": "ask", "concurrency_limit": _ASKING}
    words = [parts[name] for name in ("fps", "unit", "up", "index", "person")]
    parts["file"].upload(events.open_file, [parts["file"], *words], **opening).then(
        lambda: None, None, parts["file"], api_visibility="private"
    )
    parts["webcam"].change(events.open_file, [parts["webcam"], *words], **opening)
    for name, button in zip(EXAMPLES, parts["examples"], strict=True):
        button.click(events.example_opener(name), None, **opening)

    for asks in (parts["first"], parts["second"], parts["third"]):
        asks.click(events.ask, [asks], [parts["chat"]], show_progress="hidden", **asking)
    parts["question"].submit(
        events.ask, [parts["question"]], [parts["chat"]], show_progress="hidden", **asking
    )
    parts["question"].submit(
        None, None, parts["question"], js="() => ''", api_visibility="private", queue=False
    )

    parts["chat"].clear(events.forget, api_visibility="private", queue=False)

    measuring = {
        "fn": events.measure, "inputs": [parts["exercise"], parts["course"]],
        "outputs": [parts["measured"], parts["chart"]], **asking,
    }  # fmt: skip
    for event in (parts["exercise"].input, parts["course"].input, parts["stage"].change):
        event(**measuring)

    pair = [parts["pair"], parts["compared"]]
    comparing = {**opening, "outputs": pair, "show_progress_on": [parts["compared"]]}
    parts["other"].upload(
        events.compare_file, [parts["other"], parts["compared_as"]], **comparing
    ).then(lambda: None, None, parts["other"], api_visibility="private")
    for name, button in zip(EXAMPLES, parts["other_examples"], strict=True):
        button.click(events.example_comparer(name), [parts["compared_as"]], **comparing)
    parts["compared_as"].input(events.compare, [parts["compared_as"]], pair, **asking)

    made = {"outputs": [parts["download"], parts["made"]], **asking}
    parts["report"].click(events.report, None, show_progress_on=[parts["made"]], **made)
    parts["view"].click(events.view, None, show_progress_on=[parts["made"]], **made)
