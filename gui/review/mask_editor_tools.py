"""The tools of the mask editor: each turns the pointer's way into deeds on the mask. No Qt."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from gui.review.mask_editor_document import DEFECT, GOOD, NOTHING, Area, MaskDocument, Point

MIN_DIAMETER, MAX_DIAMETER = 1, 400
"""Of the brush, in pixels of the mask."""


class ToolName(StrEnum):
    """The tools in the order of their buttons."""

    BRUSH = "brush"
    ERASER = "eraser"
    POLYGON = "polygon"
    BOX = "box"
    FILL = "fill"


class Tool(Protocol):
    """What the pointer does. All points are pixels of the mask, perhaps outside it."""

    @property
    def outline(self) -> tuple[Point, ...]:
        """Corners of what is begun and not yet on the mask; empty where nothing is."""
        ...

    def press(self, document: MaskDocument, at: Point, value: int) -> Area:
        """A button goes down; `value` is what the tool draws. Returns the area that changed."""
        ...

    def move(self, document: MaskDocument, at: Point) -> Area:
        """The pointer moves with the button down."""
        ...

    def release(self, document: MaskDocument, at: Point) -> Area:
        """The button goes up; the deed is finished by the caller."""
        ...

    def close(self, document: MaskDocument) -> Area:
        """Enter: put what is begun on the mask."""
        ...

    def step_back(self) -> bool:
        """Backspace: take the last point of what is begun. Returns False where nothing is."""
        ...

    def abandon(self) -> bool:
        """Escape: forget what is begun. Returns False where nothing is."""
        ...


class _Direct:
    """A tool that has nothing begun: everything is on the mask at once."""

    outline: tuple[Point, ...] = ()

    def close(self, document: MaskDocument) -> Area:  # noqa: ARG002
        """Nothing is begun."""
        return NOTHING

    def step_back(self) -> bool:
        """Nothing is begun."""
        return False

    abandon = step_back


class Brush(_Direct):
    """Draws with a round brush while the button is down.

    Attributes:
        diameter: Pixels of the mask.
    """

    def __init__(self, diameter: int = 12) -> None:
        self.diameter = diameter
        self._last: Point | None = None
        self._value = DEFECT

    def resize(self, diameter: int) -> None:
        """Take another diameter, within the limits."""
        self.diameter = min(MAX_DIAMETER, max(MIN_DIAMETER, diameter))

    def press(self, document: MaskDocument, at: Point, value: int) -> Area:
        """Dab."""
        self._last, self._value = at, value
        return document.stroke(at, at, self.diameter, value=value)

    def move(self, document: MaskDocument, at: Point) -> Area:
        """Draw on from where the pointer was."""
        if self._last is None:
            return NOTHING
        area = document.stroke(self._last, at, self.diameter, value=self._value)
        self._last = at
        return area

    def release(self, document: MaskDocument, at: Point) -> Area:
        """End the stroke."""
        area = self.move(document, at)
        self._last = None
        return area


class Polygon:
    """Corner by corner; closed by Enter or by a click on the first corner."""

    CATCH_PX = 4
    """So near to the first corner, in pixels of the mask, a click closes."""

    def __init__(self) -> None:
        self._corners: list[Point] = []
        self._value = DEFECT
        self.catch = float(self.CATCH_PX)

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners so far."""
        return tuple(self._corners)

    def press(self, document: MaskDocument, at: Point, value: int) -> Area:
        """Add a corner, or close."""
        if len(self._corners) >= 3 and _apart(at, self._corners[0]) <= self.catch:
            return self.close(document)
        self._corners.append(at)
        self._value = value
        return NOTHING

    def move(self, document: MaskDocument, at: Point) -> Area:  # noqa: ARG002
        """Draw the last corner to its place."""
        if self._corners:
            self._corners[-1] = at
        return NOTHING

    def release(self, document: MaskDocument, at: Point) -> Area:  # noqa: ARG002
        """The corner stands."""
        return NOTHING

    def close(self, document: MaskDocument) -> Area:
        """Fill it. Fewer than three corners stay as they are."""
        if len(self._corners) < 3:
            return NOTHING
        area = document.polygon(self._corners, value=self._value)
        self._corners = []
        return area

    def step_back(self) -> bool:
        """Take the last corner away."""
        if not self._corners:
            return False
        self._corners.pop()
        return True

    def abandon(self) -> bool:
        """Forget every corner."""
        begun = bool(self._corners)
        self._corners = []
        return begun


class Box:
    """A rectangle from where the button goes down to where it goes up."""

    def __init__(self) -> None:
        self._from: Point | None = None
        self._to: Point = (0, 0)
        self._value = DEFECT

    @property
    def outline(self) -> tuple[Point, ...]:
        """The four corners while the button is down."""
        if self._from is None:
            return ()
        (x0, y0), (x1, y1) = self._from, self._to
        left, right, top, bottom = min(x0, x1), max(x0, x1) + 1, min(y0, y1), max(y0, y1) + 1
        return (left, top), (right, top), (right, bottom), (left, bottom)

    def press(self, document: MaskDocument, at: Point, value: int) -> Area:  # noqa: ARG002
        """The first corner."""
        self._from, self._to, self._value = at, at, value
        return NOTHING

    def move(self, document: MaskDocument, at: Point) -> Area:  # noqa: ARG002
        """The opposite corner follows."""
        self._to = at
        return NOTHING

    def release(self, document: MaskDocument, at: Point) -> Area:
        """Fill it."""
        self._to = at
        return self.close(document)

    def close(self, document: MaskDocument) -> Area:
        """Fill it as it is."""
        if self._from is None:
            return NOTHING
        area = document.box(self._from, self._to, value=self._value)
        self._from = None
        return area

    def step_back(self) -> bool:
        """Forget it."""
        return self.abandon()

    def abandon(self) -> bool:
        """Forget it."""
        begun, self._from = self._from is not None, None
        return begun


class Fill(_Direct):
    """One click fills the connected place: an outline that was drawn is closed with it."""

    def press(self, document: MaskDocument, at: Point, value: int) -> Area:
        """Fill."""
        return document.fill(at, value=value)

    def move(self, document: MaskDocument, at: Point) -> Area:  # noqa: ARG002
        """Nothing more."""
        return NOTHING

    release = move


class ToolBox:
    """The tools and which one is in the hand.

    Attributes:
        brush: Shared by brush and eraser: one size for both.
    """

    def __init__(self) -> None:
        self.brush = Brush()
        self.name = ToolName.BRUSH
        self._tools: dict[ToolName, Tool] = {
            ToolName.BRUSH: self.brush,
            ToolName.ERASER: self.brush,
            ToolName.POLYGON: Polygon(),
            ToolName.BOX: Box(),
            ToolName.FILL: Fill(),
        }

    @property
    def tool(self) -> Tool:
        """The tool in the hand."""
        return self._tools[self.name]

    @property
    def round(self) -> bool:
        """Whether the pointer is a circle of the brush's size."""
        return self.name in (ToolName.BRUSH, ToolName.ERASER)

    def take(self, name: ToolName) -> None:
        """Take another tool; what is begun with the one before is forgotten."""
        self.tool.abandon()
        self.name = name

    def value(self, *, opposite: bool) -> int:
        """Return what the tool draws; the right button draws the opposite."""
        return GOOD if (self.name is ToolName.ERASER) != opposite else DEFECT

    def catch(self, mask_px: float) -> None:
        """Tell the polygon how far the pointer may miss its first corner."""
        polygon = self._tools[ToolName.POLYGON]
        if isinstance(polygon, Polygon):
            polygon.catch = mask_px


def larger(diameter: int) -> int:
    """Return the next brush size: about a fifth more."""
    return min(MAX_DIAMETER, max(diameter + 1, round(diameter * 1.2)))


def smaller(diameter: int) -> int:
    """Return the brush size before."""
    return max(MIN_DIAMETER, min(diameter - 1, round(diameter / 1.2)))


def _apart(one: Point, other: Point) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)
