# ruff: noqa: INP001
"""Make docs/images/review-panel-*.png: mask editor, comparison, map, classes, statistics, agreement and retraining.

    xvfb-run -a -s "-screen 0 1920x1080x24" python docs/make_review_panels.py

Washers are drawn; three reviewers whom this script plays judge some of them, one more carelessly than the other. The
map is a t-SNE of small grey pictures and the suggestions are those of a logistic regression on the other images: the
audit gives the window better ones. What stands on the page Retrain is written by this script and is no model's figure.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from datasets.manifest import Dataset, open_dataset
from datasets.review.agreement import agreement
from datasets.review.catalogue import Catalogue, read_catalogue
from datasets.review.opinions import conflicts, give_opinion, read_ratings
from datasets.review.session import ReviewSession
from datasets.review.statistics import compute_stats, sample_appearance
from datasets.synthetic import SyntheticRequest, synthesize
from gui.application import make_application
from gui.look import Look
from gui.memory import Memory
from gui.review.agreement import AgreementPanel, Found
from gui.review.class_map import ClassMap
from gui.review.compare import CompareView, Shown
from gui.review.feature_map import FeatureMap
from gui.review.mask_editor import MaskEditor
from gui.review.retrain import RetrainPanel
from gui.review.retrain_run import SCHEMA, STEPS, heard
from gui.review.statistics import Statistics
from gui.theme import DARK, LIGHT
from gui.widgets.painting import to_qimage

FOLDER = Path(__file__).parent / "images"
SIZE = (1366, 700)
IMAGES = 240
REVIEWERS = {"Ada": 0.03, "Grace": 0.08, "Lin": 0.15}
"""Who judges, and in how many of a hundred images wrongly."""
JUDGED, AGAIN = 60, 25
OUTCOME: dict[str, Any] = {
    "schema": SCHEMA,
    "event": "done",
    "verdict": "no worse",
    "figures": {"images": 1344, "regression cases": 7, "escape parts": 212, "escape champion": 4,
                "escape challenger": 2, "escape p": 0.21},
    "report": "report.html",
    "promote": ["promote"],
}  # fmt: skip


class Photographer:
    """Shows a page and takes it in both languages and themes."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def show(self, page: QWidget) -> None:
        """Show a page in English and light, and let it come to rest."""
        page.setObjectName("page")
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        page.resize(*SIZE)
        page.show()
        self._set("en")

    def take(self, page: QWidget, name: str) -> None:
        """Keep two pictures and take the page away."""
        for language, short in (("en", "en"), ("zh_CN", "zh")):
            self._set(language)
            page.grab().save(str(FOLDER / f"review-panel-{name}-{short}.png"))
        page.close()
        page.deleteLater()
        self._set("en")

    def _set(self, language: str) -> None:
        self._look.set_language(language)
        self._look.set_theme(LIGHT if language == "en" else DARK)
        until = time.monotonic() + 0.4
        while time.monotonic() < until:
            QApplication.processEvents()


def small_pictures(catalogue: Catalogue) -> NDArray[np.float32]:
    """Return 24 principal components of every image made small and grey, (n, 24)."""
    from sklearn.decomposition import PCA

    rows = [catalogue.item(place).read_pixels()[::8, ::8].mean(axis=2).reshape(-1) for place in range(len(catalogue))]
    found: NDArray[np.float32] = PCA(24, random_state=0).fit_transform(np.array(rows)).astype(np.float32)
    return found


def suggest(catalogue: Catalogue, features: NDArray[np.float32]) -> None:
    """Let a regression on the other images suggest each image's class."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    catalogue.suggested[:] = cross_val_predict(model, features, catalogue.labels, cv=5)


def review(dataset: Dataset, catalogue: Catalogue) -> None:
    """Let three reviewers say what they see, blind."""
    chance = np.random.default_rng(0)
    for who, wrong in REVIEWERS.items():
        session = ReviewSession(dataset, catalogue, who)
        for place in [*range(JUDGED), *(range(AGAIN) if who == "Ada" else ())]:
            name = catalogue.label_of(place)
            if chance.random() < wrong:
                name = catalogue.classes[int(chance.integers(len(catalogue.classes)))]
            give_opinion(session, int(catalogue.ids[place]), name)


def pages_of_images(
    photographer: Photographer, look: Look, catalogue: Catalogue, features: NDArray[np.float32]
) -> None:
    """Mask editor, comparison and map."""
    from sklearn.manifold import TSNE

    first, second = (catalogue.item(int(place)) for place in np.flatnonzero(catalogue.has_mask)[[3, 8]])
    editor = MaskEditor(look)
    photographer.show(editor)
    editor.edit(first.read_pixels(), first.read_mask())
    for _ in range(3):
        editor.zoom_in()
    editor.polygon()
    for corner in ((110, 110), (150, 100), (175, 130)):
        QTest.mouseClick(editor.canvas, Qt.MouseButton.LeftButton, pos=editor.canvas.place_of(corner).toPoint())
    photographer.take(editor, "mask")
    pair = CompareView(look)
    photographer.show(pair)
    pair.show_pair(
        *(Shown(f"{each.path.name}  {each.label}", each.read_pixels(), each.read_mask()) for each in (first, second))
    )
    photographer.take(pair, "compare")
    shown, n = FeatureMap(look), len(catalogue)
    photographer.show(shown)
    plane = TSNE(2, random_state=0, init="pca").fit_transform(features)
    shown.show_points(plane, catalogue.labels, list(catalogue.classes), np.arange(n))
    shown.choose(np.arange(30, 42))
    QApplication.processEvents()
    QTest.mouseMove(shown.canvas, shown.canvas.place_of(20).toPoint() + QPoint(1, 1))
    under = catalogue.item(int(shown.canvas.under if shown.canvas.under >= 0 else 20))
    shown.show_hover(shown.canvas.under, to_qimage(under.read_pixels()).scaled(150, 150), under.path.name)
    photographer.take(shown, "map")


def pages_of_figures(photographer: Photographer, look: Look, dataset: Dataset, catalogue: Catalogue) -> None:
    """Classes, statistics and agreement."""
    stats = compute_stats(catalogue, None, dataset.rejected(), sample_appearance(catalogue, IMAGES, 1))
    matrix, plots, panel = ClassMap(look), Statistics(look), AgreementPanel(look)
    photographer.show(matrix)
    matrix.show_stats(stats)
    photographer.take(matrix, "classes")
    photographer.show(plots)
    plots.show_stats(stats)
    photographer.take(plots, "statistics")
    review(dataset, catalogue)
    ratings = read_ratings(dataset)
    names = {int(item): catalogue.path(place).name for place, item in enumerate(catalogue.ids)}
    found = Found(agreement(ratings), agreement(ratings, blind=True), conflicts(dataset), names, "Mei")
    photographer.show(panel)
    panel.show_agreement(found)
    panel.table.selectRow(2)
    photographer.take(panel, "agreement")


def page_of_retraining(photographer: Photographer, look: Look, memory: Memory) -> None:
    """A run that has ended well."""
    panel = RetrainPanel(look, memory)
    photographer.show(panel)
    panel.open_dataset(Path("/data/washers"), "Mei")
    panel.order_form.release.setText("/data/release")
    states = [{"schema": SCHEMA, "event": "step", "step": step, "state": "done"} for step in STEPS]
    for line in (*states, OUTCOME):
        panel.standing = heard(panel.standing, line)
    panel.promote_form.why.setText("38 labels corrected")
    panel.retranslate()
    photographer.take(panel, "retrain")


def main() -> int:
    """Take all of them."""
    app = make_application()
    with tempfile.TemporaryDirectory() as home:
        memory = Memory(Path(home) / "window.ini")
        look = Look(app, memory)
        look.scale = 1.0
        photographer = Photographer(look)
        synthesize(SyntheticRequest(Path(home) / "washers", images=IMAGES, seed=3))
        with open_dataset(Path(home) / "washers") as dataset:
            catalogue = read_catalogue(dataset)
            features = small_pictures(catalogue)
            suggest(catalogue, features)
            pages_of_images(photographer, look, catalogue, features)
            pages_of_figures(photographer, look, dataset, catalogue)
        page_of_retraining(photographer, look, memory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
