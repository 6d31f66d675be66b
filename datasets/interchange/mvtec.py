"""The layout of MVTec AD (Bergmann et al. 2019), written; `--format mvtec` reads it."""

from __future__ import annotations

from datasets.interchange.writing import Export, safe_class


def write(export: Export) -> None:
    """Write `<split>/<class>/<image>` and `ground_truth/<class>/<image>_mask.png` for every mask with a defect."""
    for image in export.images:
        name = safe_class(image.item.label)
        export.copy(image, f"{image.item.split}/{name}/{image.name}")
        mask = image.item.read_mask()
        if mask is not None and mask.any():
            export.write_mask(f"ground_truth/{name}/{image.stem}_mask.png", mask)
        export.advance()
