"""Run-time for exported `classifier` packages. Only the heat map, after the decision, needs torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inspector.inference.base import Model
from inspector.inference.class_scores import class_prediction, softmax
from inspector.inference.graph import Graph, load_graph
from inspector.inference.package import Package
from inspector.inference.runtimes import RuntimeKind
from inspector.types import HeatMap, Image, Prediction


class GraphClassifier:
    """An exported classifier; implements `inspector.inference.base.Model`. Used from one thread.

    Attributes:
        package: The verified package that it was loaded from.
    """

    def __init__(self, package: Package, graph: Graph, device: str) -> None:
        self.package = package
        self._graph = graph
        self._device = device
        self._temperature = package.card.calibration.temperature if package.card.calibration else 1.0
        self._explaining: Model | None = None

    @property
    def device(self) -> str:
        """Processor and run-time: `cpu (OpenVINO int8)`."""
        return self._device

    def warm_up(self) -> None:
        """Judge one blank picture."""
        shape = self.package.card.preprocessing
        self.predict([np.zeros((shape.height, shape.width, 3), np.uint8)])

    def predict(self, regions: Sequence[Image]) -> list[Prediction]:
        """Judge regions, each (H, W, 3) uint8 RGB of any size.

        Raises:
            ModelError: The run-time failed, or the network gave values that are not finite.
        """
        return [self._predict(region) for region in regions]

    def _predict(self, region: Image) -> Prediction:
        (logits,) = self._graph.run(self.package.card.preprocessing.fit(region))
        return class_prediction(self.package, softmax(logits, self._temperature))

    def explain(self, region: Image) -> HeatMap:
        """Return the evidence for the defect classes, (H, W) float32 in 0..1, over a region (H, W, 3).

        Grad-CAM needs the network's gradients, which a graph does not have: PyTorch is loaded for it, once.

        Raises:
            ModelError: The device failed.
        """
        if self._explaining is None:
            from inspector.inference.torch_classifier import load_classifier

            self._explaining = load_classifier(self.package, "cpu")
        return self._explaining.explain(region)


def load_graph_classifier(package: Package, kind: RuntimeKind) -> GraphClassifier:
    """Load an export of a classifier package.

    Raises:
        PackageError: Altered files.
        ModelError: The run-time cannot be used on this PC.
    """
    return GraphClassifier(package, load_graph(package, kind), kind.device)
