"""Landmarks by two networks of transformers: RT-DETR (Zhao et al. 2024) and ViTPose (Xu et al.
2022), or any object detector there that knows "person" and any estimator of COCO's keypoints."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from llamo.encoders.estimator.two_stage import TwoStagePose, first_line
from llamo.errors import ModelError
from llamo.skeleton import COCO17

PEOPLE = "PekingU/rtdetr_r50vd_coco_o365"
"""Detector of people, unless another is named."""

_PERSON = "person"
_LEAST_SURE = 0.3


class TransformersPose(TwoStagePose):
    """See :class:`TwoStagePose`.

    Args:
        pose: Name or path of a pose estimator.
        people: Name or path of a detector of people.
        device: Where both run.

    Raises:
        ModelError: There are none, or they do not do what they should.
    """

    def __init__(self, pose: str, people: str = PEOPLE, device: str = "cpu") -> None:
        from transformers import AutoModelForObjectDetection, VitPoseForPoseEstimation

        self._device = device
        self._point, self._read_pose = _load(VitPoseForPoseEstimation, pose, device)
        self._find, self._read_people = _load(AutoModelForObjectDetection, people, device)
        labels = {int(key): str(value) for key, value in self._find.config.id2label.items()}
        self._people = [key for key, value in labels.items() if value.lower() == _PERSON]
        if not self._people:
            raise ModelError(f"{people} knows no {_PERSON!r}; choose a detector of COCO's classes.")
        if self._point.config.num_labels != len(COCO17):
            raise ModelError(
                f"{pose} gives {self._point.config.num_labels} keypoints; expected COCO's 17."
            )

    @torch.inference_mode()
    def people(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """See :class:`TwoStagePose`."""
        inputs = self._read_people(images=frames, return_tensors="pt").to(self._device)
        found = self._read_people.post_process_object_detection(
            self._find(**inputs),
            threshold=_LEAST_SURE,
            target_sizes=[frame.shape[:2] for frame in frames],
        )
        return [
            one["boxes"][torch.isin(one["labels"].cpu(), torch.tensor(self._people))].cpu().numpy()
            for one in found
        ]

    @torch.inference_mode()
    def keypoints(
        self, frames: list[np.ndarray], boxes: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`TwoStagePose`."""
        sides = [[[x0, y0, x1 - x0, y1 - y0]] for x0, y0, x1, y1 in np.array(boxes).tolist()]
        inputs = self._read_pose(frames, boxes=sides, return_tensors="pt").to(self._device)
        experts = getattr(self._point.config.backbone_config, "num_experts", 1)
        if experts > 1:  # ViTPose+: the first expert is COCO's
            inputs["dataset_index"] = torch.zeros(
                len(frames), dtype=torch.long, device=self._device
            )
        found = self._read_pose.post_process_pose_estimation(self._point(**inputs), boxes=sides)
        return (
            np.stack([one[0]["keypoints"].cpu().numpy() for one in found]),
            np.stack([one[0]["scores"].cpu().numpy() for one in found]),
        )


def _load(kind: Any, name: str, device: str) -> tuple[Any, Any]:
    from transformers import AutoImageProcessor

    try:
        model, report = kind.from_pretrained(name, output_loading_info=True)
        reader = AutoImageProcessor.from_pretrained(name)
        model = model.to(device).eval().requires_grad_(False)
    except Exception as error:  # files of others: whatever transformers and safetensors raise
        raise ModelError(f"{name} cannot be loaded: {first_line(error)}") from None
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelError(f"{name} is no {kind.__name__}: it lacks {missing[0]}.")
    return model, reader
