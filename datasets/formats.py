"""Layouts of well-known data sets, as the patterns that they stand for. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """A known layout.

    Attributes:
        pattern: Path template of the images.
        mask: Path template of the masks.
        good: The good classes; empty where the mask decides.
        hold_out: Share of train that becomes validation, for layouts that give no validation split.
    """

    pattern: str
    mask: str
    good: tuple[str, ...] = ()
    hold_out: float = 0.0


LAYOUTS: dict[str, Layout] = {
    "mvtec": Layout("{split}/{class}/{id}", "ground_truth/{class}/{id}_mask", ("good",), 0.15),
    "kolektorsdd": Layout("{part}/{view}", "{part}/{view}_label"),
    "magnetic-tile": Layout("{class}/Imgs/{id}.jpg", "{class}/Imgs/{id}.png", ("MT_Free",)),
}

FORMATS = (*LAYOUTS, "folders", "csv")
"""What `--format` takes."""
