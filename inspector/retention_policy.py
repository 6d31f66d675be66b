"""How long the pictures of a product are kept: the recipe's own words, and what they mean for one record. Pure."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from inspector.types import Record, RecordKind, Verdict

DAY_NS = 86_400 * 1_000_000_000
HOUR_NS = 3_600 * 1_000_000_000


class RetentionConfig(BaseModel):
    """`[retention]` of a recipe. Without it every picture is kept until the disk is short.

    Records are never deleted; this is about their pictures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    pass_every: int = Field(default=1, ge=1)
    """Of passed parts, one in so many keeps its pictures; the record's id decides which."""
    fresh_hours: float = Field(default=24.0, ge=0)
    """No younger picture is thinned out."""
    passes_days: float | None = Field(default=None, gt=0)
    """Pictures of passed parts are kept so long; forever where absent."""
    rejects_days: float | None = Field(default=None, gt=0)
    """Pictures of every other part are kept so long; forever where absent."""
    quota_gib: float | None = Field(default=None, gt=0)
    """Space for the pictures of this product's passed parts; beyond it the oldest go."""
    yields: bool = True
    """Whether the oldest pictures of passed parts make room when the disk is short."""
    without_picture: Literal["go-on", "reject"] = "go-on"
    """A part whose picture the full disk refuses: judged and recorded without it, or ERROR."""


class Rule(StrEnum):
    """Why a picture was deleted."""

    THINNED = "one in so many passes is kept"
    PASSES_DAYS = "passes are kept so many days"
    REJECTS_DAYS = "rejects are kept so many days"
    QUOTA = "quota of the product"
    DISK = "the disk was short"


def is_chosen(record_id: str, every: int) -> bool:
    """Return whether a passed part is one of those that keep their pictures; the same answer always."""
    digest = hashlib.sha256(record_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % every == 0


def is_plain_pass(record: Record, *, amended: bool) -> bool:
    """Return whether nobody will ask for the part: passed, and no later word on it. Known bad parts never are."""
    return record.kind is RecordKind.INSPECTION and record.decision.verdict is Verdict.PASS and not amended


def due(policy: RetentionConfig, record: Record, *, amended: bool, now_ns: int) -> Rule | None:
    """Return the rule by which a record's pictures may go now; None where they stay."""
    age_ns = now_ns - record.decided_time_ns
    if not is_plain_pass(record, amended=amended):
        over = policy.rejects_days is not None and age_ns > policy.rejects_days * DAY_NS
        return Rule.REJECTS_DAYS if over else None
    if policy.passes_days is not None and age_ns > policy.passes_days * DAY_NS:
        return Rule.PASSES_DAYS
    thinned = age_ns > policy.fresh_hours * HOUR_NS and not is_chosen(record.record_id, policy.pass_every)
    return Rule.THINNED if thinned else None
