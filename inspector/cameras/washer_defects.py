"""What can be on a washer: defects, each with its mask, and harmless marks."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, hypot, pi, sin

import numpy as np

from inspector.cameras.washer_marks import Marks, Points, mark_defect, offsets, stroke
from inspector.cameras.washer_surface import (
    BEVEL,
    BORE,
    CHAMFER,
    GROOVE,
    HOLE_CIRCLE,
    HOLE_COUNT,
    HOLE_RADIUS,
    Plane,
    Pose,
    window,
)


def _surface_point(rng: np.random.Generator, pose: Pose, margin: float) -> tuple[float, float]:
    """Return (r, theta) on the flat of the ring, `margin` outer radii away from edges and holes."""
    while True:
        r = rng.uniform(BORE + BEVEL + margin, 1.0 - BEVEL - margin)
        theta = rng.uniform(0, 2 * pi)
        x, y = r * cos(theta), r * sin(theta)
        if all(
            hypot(
                x - HOLE_CIRCLE * cos(pose.angle + 2 * pi * k / HOLE_COUNT),
                y - HOLE_CIRCLE * sin(pose.angle + 2 * pi * k / HOLE_COUNT),
            )
            > HOLE_RADIUS + CHAMFER + margin
            for k in range(HOLE_COUNT)
        ):
            return r, theta


def _add_scratch(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """A cut by something sharp: a slightly bent line across the tool's marks, one flank bright, one dark."""
    r, theta = _surface_point(rng, pose, 0.03)
    length = pose.radius * rng.uniform(0.45, 0.75) * (1.0 - 0.55 * difficulty)
    bend, heading = rng.uniform(-0.5, 0.5), theta + rng.uniform(-1.0, 1.0)
    steps = np.linspace(-0.5, 0.5, 24)
    turn = heading + bend * steps
    x, y = pose.at(r, theta)
    path = np.stack([np.cumsum(np.cos(turn)), np.cumsum(np.sin(turn))], axis=1) * (length / len(steps))
    path = _inside(path - path.mean(axis=0) + [x, y], pose, 0.012)
    width = pose.radius / 128 * rng.uniform(1.3, 2.2) * (1.0 - 0.35 * difficulty)
    drawn = stroke(marks.size, path, width)
    if drawn is None:
        return
    line, place = drawn
    dy, dx = offsets(place, *((path[0] + path[-1]) / 2))
    span = path[-1] - path[0]
    position = (dx * span[0] + dy * span[1]) / max(float(span @ span), 1.0)
    taper = np.clip(3.2 * (0.56 - np.abs(position)), 0.0, 1.0)
    pressure = (_wavy(rng, line.shape, 0.3) * taper).astype(np.float32)
    depth = (1.9 - 1.35 * difficulty) * line * pressure * (pose.radius / 128)
    marks.add_height(-depth, place)
    marks.gloss[place] *= 1.0 + (1.3 - 0.9 * difficulty) * line * pressure
    marks.albedo[place] *= 1.0 + (0.75 - 0.45 * difficulty) * line * pressure
    mark_defect(marks, place, line)


def _add_dent(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """A blow: a shallow oval hollow with a raised rim; the tool's marks run through it."""
    radius = rng.uniform(0.075, 0.11) * (1.0 - 0.45 * difficulty)
    r, theta = _surface_point(rng, pose, min(radius * 0.8, 0.05))
    x, y = pose.at(r, theta)
    reach = pose.radius * radius
    place = window(marks.size, x, y, 2.2 * reach + 2)
    if place is None:
        return
    dy, dx = offsets(place, x, y)
    turn, squeeze = rng.uniform(0, pi), rng.uniform(0.65, 1.0)
    u, v = dx * cos(turn) + dy * sin(turn), (dy * cos(turn) - dx * sin(turn)) / squeeze
    q = (u * u + v * v) / np.float32(reach * reach)
    hollow = np.exp(-1.6 * q) - 0.28 * np.exp(-3.0 * (np.sqrt(q) - 1.25) ** 2)
    strength = reach * (0.62 - 0.40 * difficulty)
    marks.add_height((-strength * hollow).astype(np.float32), place)
    marks.albedo[place] *= 1.0 - (0.30 - 0.22 * difficulty) * np.exp(-2.5 * q)
    mark_defect(marks, place, (q < 1.25**2).astype(np.float32))


def _add_crack(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """A jagged dark line that starts at an edge or a hole and forks."""
    start = rng.integers(0, 3)
    theta = rng.uniform(0, 2 * pi)
    if start == 0:
        point, heading = np.array(pose.at(1.0 - 0.3 * BEVEL, theta)), theta + pi
    elif start == 1:
        point, heading = np.array(pose.at(BORE + 0.3 * BEVEL, theta)), theta
    else:
        centre, heading = pose.hole(int(rng.integers(0, HOLE_COUNT))), theta
        point = np.array(centre) + pose.radius * HOLE_RADIUS * np.array([cos(theta), sin(theta)])
    length = pose.radius * rng.uniform(0.34, 0.50) * (1.0 - 0.45 * difficulty)
    trunk = _jagged(rng, point, heading, length)
    branches = [trunk]
    for _ in range(int(rng.integers(1, 3))):
        fork = int(rng.integers(len(trunk) // 3, len(trunk) - 2))
        away = heading + rng.choice([-1, 1]) * rng.uniform(0.5, 0.9)
        branches.append(_jagged(rng, trunk[fork], away, length * rng.uniform(0.2, 0.4)))
    width = pose.radius / 128 * rng.uniform(1.5, 2.2) * (1.0 - 0.4 * difficulty)
    for number, branch in enumerate(branches):
        drawn = stroke(marks.size, _inside(branch, pose, 0.0), width * (1.0 if number == 0 else 0.7))
        if drawn is not None:
            line, place = drawn
            marks.albedo[place] *= 1.0 - (0.88 - 0.38 * difficulty) * line
            marks.add_height(-0.8 * line * (pose.radius / 128), place)
            mark_defect(marks, place, line)


def _add_stain(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """Rust or burnt coolant: an irregular brown patch with a darker border, dull."""
    radius = rng.uniform(0.13, 0.19) * (1.0 - 0.45 * difficulty)
    r, theta = rng.uniform(BORE + BEVEL + 0.5 * radius, 1.0 - BEVEL - 0.5 * radius), rng.uniform(0, 2 * pi)
    x, y = pose.at(r, theta)
    reach = pose.radius * radius
    place = window(marks.size, x, y, 2.0 * reach + 2)
    if place is None:
        return
    dy, dx = offsets(place, x, y)
    ragged = _wavy(rng, (dy.shape[0], dx.shape[1]), 0.35, cells=7)
    far = np.sqrt(dx * dx + dy * dy) / np.float32(reach)
    level = np.asarray(np.clip(1.6 * (ragged - far) + 0.5, 0, 1), np.float32)
    border = 4.0 * level * (1.0 - level)
    strength = (0.95 - 0.5 * difficulty) * level * _wavy(rng, level.shape, 0.18, cells=9)
    marks.gloss[place] *= np.clip(1.0 - 0.75 * strength, 0.1, 1)
    marks.albedo[place] *= np.clip(1.0 - 0.22 * strength - 0.18 * border * (1.0 - 0.5 * difficulty), 0.1, 1)
    rust, scorch = (0.05, 0.36, 0.66), (0.42, 0.28, 0.12)
    marks.stain(place, np.clip(strength, 0, 1), rust if rng.random() < 0.7 else scorch)
    mark_defect(marks, place, level, 0.35)


def _add_missing_feature(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """A hole that was not drilled, or, the harder the set the more often, only begun."""
    number = int(rng.integers(0, HOLE_COUNT))
    begun = rng.random() < 0.6 * difficulty
    marks.hole_depth[number] = rng.uniform(0.2, 0.6) if begun else 0.0
    x, y = pose.hole(number)
    reach = pose.radius * (HOLE_RADIUS + CHAMFER)
    place = window(marks.size, x, y, reach + 1)
    if place is not None:
        dy, dx = offsets(place, x, y)
        mark_defect(marks, place, (dx * dx + dy * dy <= reach * reach).astype(np.float32))


def _add_chip(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """A piece broken out of the outer or inner edge, with a rough bright face of fracture."""
    outer = rng.random() < 0.7
    radius = rng.uniform(0.085, 0.13) * (1.0 - 0.5 * difficulty)
    theta = rng.uniform(0, 2 * pi)
    x, y = pose.at(1.0 + 0.25 * radius if outer else BORE - 0.25 * radius, theta)
    reach = pose.radius * radius
    place = window(marks.size, x, y, 2.0 * reach + 2)
    if place is None:
        return
    dy, dx = offsets(place, x, y)
    ragged = np.float32(reach) * _wavy(rng, (dy.shape[0], dx.shape[1]), 0.16, cells=6)
    gap = np.asarray(ragged - np.sqrt(dx * dx + dy * dy), np.float32)
    rim = np.float32(0.35 * reach)
    face = np.clip((gap + rim) / rim, 0, 1) * np.clip(1.0 - gap, 0, 1)
    rough = _wavy(rng, face.shape, 0.5, cells=max(6, round(reach)))
    marks.keep[place] *= 1.0 - np.clip(gap + 0.5, 0, 1)
    marks.add_height((-0.5 * rim * np.clip((gap + rim) / rim, 0, 1) * rough).astype(np.float32), place)
    marks.albedo[place] *= 1.0 + (0.55 - 0.25 * difficulty) * face * (rough - 0.7)
    mark_defect(marks, place, (gap > -0.8 * rim).astype(np.float32))


DEFECTS: dict[str, Callable[[Marks, np.random.Generator, Pose, float], None]] = {
    "scratch": _add_scratch,
    "dent": _add_dent,
    "crack": _add_crack,
    "stain": _add_stain,
    "missing_feature": _add_missing_feature,
    "chip": _add_chip,
}


def add_harmless_marks(marks: Marks, rng: np.random.Generator, pose: Pose, difficulty: float) -> None:
    """Add what good parts show as well: a film of oil and dust, the more the greater the difficulty."""
    if rng.random() < 0.25 + 0.6 * difficulty:
        r, theta = rng.uniform(GROOVE, 0.95), rng.uniform(0, 2 * pi)
        x, y = pose.at(r, theta)
        reach = pose.radius * rng.uniform(0.15, 0.40)
        place = window(marks.size, x, y, 2.2 * reach)
        if place is not None:
            dy, dx = offsets(place, x, y)
            film = (
                np.exp(-((dx * dx + dy * dy) / np.float32(reach * reach)))
                * (0.06 + 0.16 * difficulty)
                * rng.uniform(0.4, 1)
            )
            marks.gloss[place] *= 1.0 + film * rng.choice([-1.0, 1.0])
            marks.albedo[place] *= 1.0 - 0.35 * film
    for _ in range(int(rng.poisson(1.0 + 7.0 * difficulty))):
        r, theta = rng.uniform(BORE + 0.02, 0.98), rng.uniform(0, 2 * pi)
        x, y = pose.at(r, theta)
        place = window(marks.size, x, y, pose.radius / 128 * 3)
        if place is not None:
            dy, dx = offsets(place, x, y)
            spread = (pose.radius / 128 * rng.uniform(0.45, 0.85)) ** 2
            speck = np.exp(-(dx * dx + dy * dy) / np.float32(2 * spread)) * rng.uniform(0.1, 0.2 + 0.3 * difficulty)
            marks.albedo[place] *= 1.0 + speck * (1.0 if rng.random() < 0.4 else -1.0)


def _jagged(rng: np.random.Generator, start: Points, heading: float, length: float) -> Points:
    steps = 14
    turns = heading + np.cumsum(rng.normal(0, 0.25, steps)) * 0.6 + rng.normal(0, 0.45, steps)
    pace = length / steps * rng.uniform(0.6, 1.4, steps)
    path = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], axis=1) * pace[:, None], axis=0)
    return np.concatenate([start[None], start + path])


def _inside(path: Points, pose: Pose, margin: float) -> Points:
    """Return the longest run of the path that lies on the ring."""
    r = np.hypot(path[:, 0] - pose.x, path[:, 1] - pose.y) / pose.radius
    on = (r > BORE + margin) & (r < 1.0 - margin)
    runs = np.split(np.arange(len(path)), np.flatnonzero(np.diff(on.astype(np.int8))) + 1)
    best = max((run for run in runs if on[run[0]]), key=len, default=np.arange(2))
    return path[best] if len(best) > 1 else path[:2]


def _wavy(rng: np.random.Generator, shape: tuple[int, ...], amount: float, cells: int = 5) -> Plane:
    """Return smooth random variation (H, W) around 1."""
    import cv2

    coarse = rng.uniform(1.0 - 2 * amount, 1.0 + 2 * amount, (cells, cells)).astype(np.float32)
    return np.maximum(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), 0.0).astype(np.float32)
