"""What reports are made of: a page from a template, and pictures beside their evidence, inside the page."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from inspector.imaging import encode_jpeg
from inspector.types import HeatMap, Image

PICTURE_SIDE = 360


def render_page(template: str, **values: Any) -> str:
    """Return the page of a template of `training/templates` as HTML. A value that is not given is an error."""
    import jinja2

    loader = jinja2.PackageLoader("training")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template(template).render(**values)


def overlay(picture: Image, heat: HeatMap) -> Image:
    """Return the picture (H, W, 3) with the heat map (H, W) over it: the stronger the evidence, the more colour."""
    table = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1].astype(np.float32)
    grey = picture.mean(axis=2, keepdims=True, dtype=np.float32)
    strength = 0.75 * heat[:, :, None]
    mixed: Image = np.clip(grey * (1 - strength) + table * strength, 0, 255).astype(np.uint8)
    return mixed


def small_jpeg(picture: Image, side: int = PICTURE_SIDE) -> bytes:
    """Return the picture as JPEG, made smaller where it is larger than `side` pixels."""
    scale = min(1.0, side / max(picture.shape[:2]))
    if scale < 1:
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return encode_jpeg(picture, quality=88)


def as_data_url(jpeg: bytes) -> str:
    """Return a JPEG as an address that holds it, so that the page needs no other file."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
