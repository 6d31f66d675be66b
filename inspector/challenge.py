"""The challenge: known bad parts ('red rabbits') prove the station's eyes before it may release anything.

When one is due, every part counts as a known bad one: it is judged and recorded, and rejected whatever the verdict,
until enough of them, one after the other, were seen as bad. FAIL and REVIEW count as seen; PASS is an escape, and the
count begins anew; ERROR is no evidence either way and leaves the count as it is.

What was proven is read from the log, so a restart proves nothing and forgets nothing: a challenge that was passed in
this shift holds, one that was left unfinished is due again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from typing import Any

from inspector.alarms import Cautions
from inspector.events import Caution, CautionCode, ChallengeProgress, Event, StationState, StationStateChanged
from inspector.log import Log
from inspector.recipe import ChallengeConfig
from inspector.types import Record, RecordKind, Verdict

SOURCE = "challenge"
_LOOK_BACK = 1000
"""Among so many challenge parts the last one of this recipe is looked for."""
_CLOCK_STEP_NS = 300_000_000_000
"""A proof that lies further in the future than this was made under another clock: it proves nothing."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """How far a challenge is.

    Attributes:
        wanted: Known bad parts that must be rejected one after the other.
        cause: `start`, `shift`, `changeover` or `asked`.
        rejected: Rejected so far, since the last escape.
        number: Known bad parts judged so far.
    """

    wanted: int
    cause: str
    rejected: int = 0
    number: int = 0

    @property
    def passed(self) -> bool:
        """Whether production may go on."""
        return self.rejected >= self.wanted

    def after(self, verdict: Verdict) -> Challenge:
        """Return the challenge after one more known bad part got `verdict`."""
        rejected = self.rejected
        if verdict is Verdict.PASS:
            rejected = 0
        elif verdict is not Verdict.ERROR:
            rejected += 1
        return replace(self, rejected=rejected, number=self.number + 1)

    def document(self) -> Mapping[str, Any]:
        """Return what the record of its last part says of it."""
        return {
            "cause": self.cause,
            "number": self.number,
            "rejected": self.rejected,
            "wanted": self.wanted,
            "passed": self.passed,
        }


@dataclass(frozen=True, slots=True)
class Proof:
    """The last challenge that was passed: when (Unix ns), and with which recipe and package."""

    time_ns: int
    recipe_hash: str
    package_hash: str


def cause_due(
    config: ChallengeConfig,
    proof: Proof | None,
    *,
    now_ns: int,
    recipe_hash: str,
    package_hash: str,
    zone: tzinfo | None = None,
) -> str:
    """Return why the last proof does not hold now: `changeover`, `shift`, or "" where it does.

    Args:
        config: What the recipe asks for.
        proof: The last challenge passed; None where there was none.
        now_ns: Unix time in nanoseconds.
        recipe_hash: The recipe in force.
        package_hash: The package in force.
        zone: Of the shifts' times of day; None for this PC's.
    """
    fits = proof is not None and (proof.recipe_hash, proof.package_hash) == (recipe_hash, package_hash)
    if "changeover" in config.at and not fits:
        return "changeover"
    if "shift" in config.at:
        begun_ns = shift_start_ns(now_ns, config.shifts, zone)
        if proof is None or not begun_ns <= proof.time_ns <= now_ns + _CLOCK_STEP_NS:
            return "shift"
    return ""


def shift_start_ns(now_ns: int, shifts: Sequence[str], zone: tzinfo | None = None) -> int:
    """Return when the shift began that runs at `now_ns`, both in Unix nanoseconds.

    Moments are compared, not clock faces: where the clock is put back, a shift that begins within the doubled hour
    begins once, at its first occurrence; one that begins within a skipped hour begins as long after the skip as it
    would have after the skip's beginning.

    Args:
        now_ns: Unix time in nanoseconds.
        shifts: Beginnings of the shifts, HH:MM by the local clock; none: a shift lasts from midnight to midnight.
        zone: Time zone; None for this PC's.
    """
    now = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).astimezone(zone)
    days = [now.date() - timedelta(days=back) for back in (0, 1)]
    moments = [_moment_ns(day, text, zone) for day in days for text in shifts or ("00:00",)]
    return max(moment for moment in moments if moment <= now_ns)


def _moment_ns(day: date, text: str, zone: tzinfo | None) -> int:
    local = datetime.combine(day, time_of_day.fromisoformat(text), tzinfo=zone)
    return int(local.timestamp()) * 1_000_000_000


class Challenges:
    """Blocks production from the moment that a challenge is due until it was passed.

    Used from the station's thread; `ask` from any.

    Args:
        config: What the recipe asks for; None: only what a person asks for.
        recipe_hash: The recipe in force.
        log: Tells what was proven before.
        emit: Gets states and progress.
        cautions: Where escapes are told.
        now_ns: The wall clock, Unix nanoseconds.
        zone: Of the shifts' times of day; None for this PC's.
    """

    def __init__(
        self,
        config: ChallengeConfig | None,
        recipe_hash: str,
        log: Log,
        emit: Callable[[Event], None],
        cautions: Cautions,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        zone: tzinfo | None = None,
    ) -> None:
        self._config = config or ChallengeConfig(at=())
        self._recipe_hash = recipe_hash
        self._log = log
        self._emit = emit
        self._cautions = cautions
        self._now_ns = now_ns
        self._zone = zone
        self._proof: Proof | None = None
        self._first_cause: str | None = None
        self._asked = threading.Event()
        self._open: Challenge | None = None
        self._package_hash = ""

    @property
    def state(self) -> StationState:
        """CHALLENGE while production is blocked, else RUNNING."""
        return StationState.RUNNING if self._open is None else StationState.CHALLENGE

    def ask(self) -> None:
        """Demand a challenge from the next part on."""
        self._asked.set()

    def due(self, package_hash: str) -> Challenge | None:
        """Return the challenge that the next part belongs to; None where production may go on.

        Args:
            package_hash: The package that will judge the part. Another one than at the beginning of an open challenge
                has proven nothing yet: the challenge begins anew.

        Raises:
            StoreError: The log, read once at the first call, cannot be read.
        """
        if self._open is None or package_hash != self._package_hash:
            cause = self._cause(package_hash)
            if self._open is not None:
                cause = cause or "changeover"
            if cause:
                self._begin(cause, package_hash)
        return self._open

    def judged(self, record: Record) -> None:
        """Count a known bad part whose record is durable; other records are ignored."""
        if record.kind is not RecordKind.CHALLENGE or self._open is None:
            return
        verdict = record.decision.verdict
        self._open = after = self._open.after(verdict)
        escaped = record.part_id if verdict is Verdict.PASS else ""
        if escaped:
            self._warn(escaped)
        self._emit(ChallengeProgress(after.wanted, after.rejected, escaped, after.cause))
        if after.passed:
            self._proof = Proof(record.decided_time_ns, self._recipe_hash, record.package_hash)
            self._open = None
            self._asked.clear()  # what was asked for meanwhile has just been done
            self._cautions.clear(CautionCode.GUARANTEE, SOURCE)
            self._emit(StationStateChanged(StationState.RUNNING))

    def _cause(self, package_hash: str) -> str:
        if self._first_cause is None:
            self._proof = proof_in(self._log)
            unfinished = unfinished_in(self._log, self._recipe_hash)
            self._first_cause = "start" if "start" in self._config.at else unfinished
        first, self._first_cause = self._first_cause, ""
        if first:
            return first
        if self._asked.is_set():
            self._asked.clear()
            return "asked"
        return cause_due(
            self._config,
            self._proof,
            now_ns=self._now_ns(),
            recipe_hash=self._recipe_hash,
            package_hash=package_hash,
            zone=self._zone,
        )

    def _begin(self, cause: str, package_hash: str) -> None:
        self._open = Challenge(self._config.parts, cause)
        self._package_hash = package_hash
        self._emit(StationStateChanged(StationState.CHALLENGE, cause))
        self._emit(ChallengeProgress(self._open.wanted, 0, "", cause))

    def _warn(self, part_id: str) -> None:
        what = f"The known bad part {part_id} was called PASS. It was not released, and neither is any other part."
        cure = "Look at the part and its picture; where it is truly bad, roll the package back or train a better one."
        self._cautions.tell(Caution(CautionCode.GUARANTEE, SOURCE, what, cure))


def proof_in(log: Log) -> Proof | None:
    """Return the last challenge passed that the log holds. Raises StoreError."""
    record = log.records.last_passed_challenge()
    return None if record is None else Proof(record.decided_time_ns, record.recipe_hash, record.package_hash)


def unfinished_in(log: Log, recipe_hash: str) -> str:
    """Return the cause of a challenge of this recipe that was begun and not passed, "" where there is none."""
    own = (each for each in log.find(kind=RecordKind.CHALLENGE, limit=_LOOK_BACK) if each.recipe_hash == recipe_hash)
    record = next(own, None)
    if record is None:
        return ""
    said = record.details.get("challenge", {})
    left_open = record.decision.verdict is Verdict.ERROR or not said.get("passed", False)
    return str(said.get("cause", "start")) if left_open else ""
