"""``report.md`` of a judged benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llamo.evaluation.tables import head, sections, table, with_interval


def judged_text(report: Mapping[str, Any], anchors: str) -> str:
    """The report in Markdown; the published tables stand at its end."""
    return sections(_head(report), _paper_form(report), _table(report), _controls(report), anchors)


def _head(report: Mapping[str, Any]) -> str:
    judge, overall = report["judge"], report["overall"]
    served = f" (served: {', '.join(judge['served'])})" if judge["served"] else ""
    facts = [
        f"protocol `{report['protocol']}`{served}, prompt `{judge['prompt_sha256'][:16]}`",
        f"{overall['n']} questions on {report['motions']} motions",
        f"without a verdict: {overall['unparsed']} of {overall['n']}; they are in no average",
        f"judge: {judge['replies']} replies, {judge['tokens_in']} tokens in, "
        f"{judge['tokens_out']} out",
    ]
    return head(report, [*facts, *report.get("about", ())])


def _paper_form(report: Mapping[str, Any]) -> str:
    """One line a system, in the columns of the paper's table; the controls beside the model."""
    values = report["values"]
    columns = [*report.get("by_type", {}), "all"]
    heads = [f"{column} {_name(name)}" for column in columns for name in values]
    if "by_type" in report:
        heads += [f"macro {_name(name)}" for name in values]
    rows = [["", *heads]]
    for system, run in {report["model"]: report, **report["controls"]}.items():
        cells = [*run.get("by_type", {}).values(), run["overall"]]
        cells += [run["macro"]] if "macro" in run else []
        rows.append([system, *(_plain(one[name], name) for one in cells for name in values)])
    title = "## In the columns of the published table; `all` is the micro average\n\n"
    return title + table(rows)


def _name(value: str) -> str:
    return "acc" if value == "correct" else value


def _plain(average: Mapping[str, Any], name: str) -> str:
    if average["mean"] is None:
        return "-"
    return f"{100 * average['mean'] if name == 'correct' else average['mean']:.2f}"


def _table(report: Mapping[str, Any]) -> str:
    values = report["values"]
    rows = [["", "n", "no verdict", *(_name(name) for name in values)]]
    for column, one in {"all": report["overall"], **report.get("by_type", {})}.items():
        counts = [str(one["n"]), str(one["unparsed"])]
        rows.append([column, *counts, *(with_interval(one[name]) for name in values)])
    if "macro" in report:
        macro = report["macro"]
        rows.append(["macro", "", "", *(with_interval(macro[name]) for name in values)])
    return "## With intervals\n\n" + table(rows)


def _controls(report: Mapping[str, Any]) -> str:
    if not report["controls"]:
        return ""
    rows = [["control", f"{_name(report['values'][0])}: model minus control", "n", "fit"]]
    for name, one in report["controls"].items():
        gain = one["gain"]
        rows.append([name, with_interval(gain), str(gain["n"]), one.get("fit", "")])
    return "## How far above the controls, where both have a verdict\n\n" + table(rows)
