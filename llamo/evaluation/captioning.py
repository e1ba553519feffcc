"""Protocol ``captions``: generated descriptions against several of people's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamo.evaluation import metrics
from llamo.evaluation.caption_metrics import bleu, bleu_counts, cider_d, rouge_l, words
from llamo.evaluation.items import Item
from llamo.evaluation.measure import Control
from llamo.evaluation.predictions import Output
from llamo.evaluation.tables import head, sections, table, with_interval

FIGURES = ("bleu_1", "bleu_4", "rouge_l", "cider")
TOKENIZER = "words: lower case, punctuation dropped, nothing stemmed"


@dataclass(frozen=True)
class CaptionMeasure:
    """BLEU-1, BLEU-4, ROUGE-L and CIDEr-D, a hundredfold, as papers print them.

    Args:
        references: ``all`` captions of a motion, or its ``first`` alone.
    """

    references: str = "all"

    @property
    def protocol(self) -> str:
        return f"captions:words,{self.references}"

    def marks(self, item: Item, output: Output) -> dict[str, Any]:
        return {"rouge_l": 100 * rouge_l(words(output.text), self._known(item))}

    def report(
        self,
        items: Sequence[Item],
        outputs: Mapping[int, Output],
        controls: Mapping[str, Control],
        *,
        seed: int,
    ) -> dict[str, Any]:
        return {
            "motions": len({item.clip for item in items}),
            "tokenizer": TOKENIZER,
            "references": {
                "which": self.references,
                "mean": float(np.mean([len(self._known(item)) for item in items])),
            },
            "overall": self._figures(items, outputs, seed),
            "controls": {
                name: self._figures([items[i] for i in one.outputs], _dense(one.outputs), seed)
                for name, one in controls.items()
            },
        }

    def text(self, report: Mapping[str, Any], anchors: str) -> str:
        return sections(_head(report), _table(report), anchors)

    def _known(self, item: Item) -> list[tuple[str, ...]]:
        captions = (item.answer or "", *item.accept)
        return [words(one) for one in (captions if self.references == "all" else captions[:1])]

    def _figures(
        self, items: Sequence[Item], outputs: Mapping[int, Output], seed: int
    ) -> dict[str, Any]:
        if not items:  # a control that could ask nothing
            none = {"mean": None, "n": 0, "ci95": [None, None]}
            return {"n": 0, "mean_words": 0.0, **dict.fromkeys(FIGURES, none)}
        said = [words(outputs[i].text) for i in range(len(items))]
        known = [self._known(item) for item in items]
        clips = [item.clip for item in items]
        counts = np.array([bleu_counts(*pair) for pair in zip(said, known, strict=True)])
        drawn = metrics.resampled_sums(counts, clips, seed=seed)  # (R, 10)
        figures = {
            f"bleu_{n}": {
                "mean": float(100 * bleu(counts.sum(0), n)),
                "n": len(items),
                "ci95": metrics.interval(100 * bleu(drawn, n)),
            }
            for n in (1, 4)
        }
        rouge = [100 * rouge_l(*pair) for pair in zip(said, known, strict=True)]
        figures["rouge_l"] = metrics.average(rouge, clips, seed=seed)
        # as papers print it: a hundred times a value whose best is ten
        figures["cider"] = metrics.average(100 * cider_d(said, known), clips, seed=seed)
        lengths = [len(one) for one in said]
        return {"n": len(items), "mean_words": float(np.mean(lengths)), **figures}


def _dense(outputs: Mapping[int, Output]) -> dict[int, Output]:
    """Outputs numbered as the items they belong to, once the others are left out."""
    return dict(enumerate(outputs.values()))


def _head(report: Mapping[str, Any]) -> str:
    facts = [
        f"protocol `{report['protocol']}`; {report['overall']['n']} motions",
        f"tokenizer: {report['tokenizer']}",
        f"references: {report['references']['which']}, {report['references']['mean']:.2f} a motion",
        "without R-precision and multimodal distance: they need the weights of Guo et al.",
    ]
    return head(report, [*facts, *report.get("about", ())])


def _table(report: Mapping[str, Any]) -> str:
    rows = [["", "n", "BLEU-1", "BLEU-4", "ROUGE-L", "CIDEr", "words"]]
    for name, one in {report["model"]: report["overall"], **report["controls"]}.items():
        cells = [with_interval(one[figure], 2) for figure in FIGURES]
        rows.append([name, str(one["n"]), *cells, f"{one['mean_words']:.1f}"])
    return "## Captions, beside the controls\n\n" + table(rows)
