"""Which cameras this PC has. Found without opening any, which could take seconds and disturb a running one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Device:
    """One camera: what OpenCV opens, and the name that people know it by."""

    device: int | str
    name: str


def list_devices(root: Path = Path("/")) -> list[Device]:
    """Return this PC's video capture devices (Linux: V4L2; elsewhere cameras are known by number alone).

    Args:
        root: Where `dev` and `sys` lie; tests give their own.
    """
    found = []
    for path in sorted((root / "dev").glob("video*"), key=lambda p: int(p.name[5:]) if p.name[5:].isdigit() else 0):
        about = root / "sys/class/video4linux" / path.name
        if _number(about / "index") not in (0, None):  # a camera's further nodes carry metadata, not pictures
            continue
        name = (about / "name").read_text(encoding="utf-8").strip() if (about / "name").is_file() else path.name
        found.append(Device(f"/dev/{path.name}", f"{name} ({path.name})"))
    return found


def _number(path: Path) -> int | None:
    return int(path.read_text(encoding="ascii")) if path.is_file() else None
