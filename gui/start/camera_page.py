"""Open a camera: where pictures come from, which model judges, what says that a part is there; makes a recipe."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLineEdit, QSpinBox, QWidget

from gui.jobs import Jobs
from gui.look import Look
from gui.start.devices import list_devices
from gui.start.page import TroubleNote
from gui.start.picture import TrialPicture, take_picture
from gui.start.recipe_draft import RecipeDraft, recipe_text, write_recipe
from gui.widgets.basics import ChoiceBox, Translated, button, column, label, row
from inspector.errors import InspectorError, UsageError
from inspector.people.presence import Presence
from inspector.recipe import Recipe, parse_recipe
from inspector.settings import data_folder
from inspector.types import Person

TRIGGERS = ("manual", "presence", "timer")


class CameraPage(Translated):
    """A form; it writes the recipe into this PC's data folder and opens it.

    Attributes:
        recipe_made: Path of the new recipe.
        back_clicked: Back to the start page.
    """

    recipe_made = Signal(object)
    back_clicked = Signal()

    def __init__(self, look: Look, jobs: Jobs, packages: list[Path], presence: Presence | None = None) -> None:
        super().__init__()
        self.setObjectName("page")
        self._jobs = jobs
        self._presence = presence or Presence()
        self.title, self.trouble = label("title"), TroubleNote(look)
        self.source = _editable([(device.name, str(device.device)) for device in list_devices()])
        self.package = _editable([(str(path), str(path)) for path in packages])
        self.trigger = ChoiceBox()
        self.trigger.addItems([""] * len(TRIGGERS))
        self.period = QSpinBox()
        self.period.setRange(50, 600_000)
        self.period.setValue(1000)
        self.period.setSuffix(" ms")
        self.name = QLineEdit()
        self.picture = TrialPicture(look)
        self.browse_source = button(self._on_browse_source)
        self.browse_package = button(self._on_browse_package)
        self.test_button = button(self._on_test)
        self.open_button = button(self._on_open, role="primary")
        self.back_button = button(self.back_clicked.emit)
        self._captions = [label() for _ in range(5)]
        self.trigger.currentIndexChanged.connect(self._on_trigger)
        self._lay_out(look)
        self._on_trigger(0)
        self.retranslate()

    @property
    def draft(self) -> RecipeDraft:
        """What the form says."""
        package = _value(self.package)
        if not package:
            raise UsageError(
                self.tr("No model package is chosen."),
                cure=self.tr("Choose the folder that `inspector train … --out` wrote, or try the demo line first."),
            )
        return RecipeDraft(
            name=self.name.text().strip(),
            source=_value(self.source),
            package=Path(package),
            trigger=TRIGGERS[self.trigger.currentIndex()],
            period_ms=float(self.period.value()),
        )

    def retranslate(self) -> None:
        """Write every text anew."""
        self.title.setText(self.tr("Open a camera"))
        captions = (
            self.tr("Pictures from"),
            self.tr("Judged by"),
            self.tr("A part is there"),
            self.tr("Every"),
            self.tr("Product"),
        )
        for item, text in zip(self._captions, captions, strict=True):
            item.setText(text)
        triggers = (
            self.tr("when the operator says so (Space)"),
            self.tr("when something comes into the picture"),
            self.tr("by the clock"),
        )
        for place, text in enumerate(triggers):
            self.trigger.setItemText(place, text)
        self._hint(self.source, self.tr("camera, rtsp://address, video file or picture folder"))
        self._hint(self.package, self.tr("folder of a model package"))
        self.name.setPlaceholderText(self.tr("name of the product"))
        for browse in (self.browse_source, self.browse_package):
            browse.setText(self.tr("Browse…"))
        self.test_button.setText(self.tr("Take a test picture"))
        self.open_button.setText(self.tr("Make the recipe and open it"))
        self.back_button.setText(self.tr("Back"))
        self.picture.say(self.tr("The test picture will stand here."))

    def _lay_out(self, look: Look) -> None:
        form = QFormLayout()
        form.setSpacing(look.px(10))
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        source = row(self.source, self.browse_source)
        source.setStretch(0, 1)
        package = row(self.package, self.browse_package)
        package.setStretch(0, 1)
        form.addRow(self._captions[0], source)
        form.addRow(self._captions[1], package)
        form.addRow(self._captions[2], self.trigger)
        form.addRow(self._captions[3], self.period)
        form.addRow(self._captions[4], self.name)
        self._form = form
        left = QWidget()
        fields = column(parent=left, spacing=look.px(14))
        fields.addLayout(form)
        fields.addLayout(row(self.test_button, 1))
        fields.addStretch(1)
        fields.addLayout(row(self.back_button, 1, self.open_button))
        fields.setContentsMargins(0, 0, 0, 0)
        both = row(left, self.picture, spacing=look.px(20))
        both.setStretch(0, 3)
        both.setStretch(1, 2)
        whole = column(self.title, self.trouble, spacing=look.px(14), parent=self)
        whole.setContentsMargins(look.px(40), look.px(28), look.px(40), look.px(28))
        whole.addLayout(both, 1)

    @staticmethod
    def _hint(box: QComboBox, text: str) -> None:
        line = box.lineEdit()
        if line is not None:
            line.setPlaceholderText(text)

    def _on_trigger(self, place: int) -> None:
        self._form.setRowVisible(self.period, TRIGGERS[place] == "timer")

    def _on_browse_source(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Picture folder"))
        if path:
            self.source.setEditText(path)

    def _on_browse_package(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Model package"))
        if path:
            self.package.setEditText(path)

    def _on_test(self) -> None:
        try:
            draft = RecipeDraft("test", _value(self.source), Path(), "manual")
            config = parse_recipe(recipe_text(draft), Path("test.toml")).content.cameras[0]
        except InspectorError as error:
            self.trouble.tell(str(error))
            return
        self.trouble.tell("")
        self.test_button.setEnabled(False)
        self.picture.say(self.tr("Waiting for the camera …"))
        self._jobs.run(lambda: take_picture(config), self._on_picture, self._on_no_picture)

    def _on_picture(self, pixels: object) -> None:
        self.test_button.setEnabled(True)
        self.picture.show_pixels(pixels)  # type: ignore[arg-type]

    def _on_no_picture(self, error: Exception) -> None:
        self.test_button.setEnabled(True)
        self.picture.say(self.tr("No picture."))
        self.trouble.tell(str(error))

    def _on_open(self) -> None:
        try:
            draft = self.draft
        except UsageError as error:
            self.trouble.tell(str(error))
            return
        person = self._presence.person
        self._jobs.run(lambda: write_checked(draft, person), self._on_written, self._on_not_written)

    def _on_written(self, recipe: Recipe) -> None:
        self.trouble.tell("")
        self.recipe_made.emit(recipe.path)

    def _on_not_written(self, error: Exception) -> None:
        self.trouble.tell(str(error))


def write_checked(draft: RecipeDraft, person: Person) -> Recipe:
    """Verify the model package, then write the recipe. Raises InspectorError."""
    from inspector.inference.package import open_package

    open_package(draft.package.expanduser())
    return write_recipe(draft, data_folder() / "recipes", person)


def _editable(items: list[tuple[str, str]]) -> QComboBox:
    box = ChoiceBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    for text, value in items:
        box.addItem(text, value)
    if not items:
        box.setEditText("")
    return box


def _value(box: QComboBox) -> str:
    """The value behind the chosen line, or what was typed."""
    text = box.currentText().strip()
    at = box.findText(text)
    return str(box.itemData(at)) if at >= 0 else text
