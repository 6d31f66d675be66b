"""What an attacker can do to a log whose file he may write: every kind of tampering, and what a verification must name.

He drops the guards, alters what he likes, computes links anew where that helps him, and puts the guards back. He has
no key of the station, unless a tampering says so, and cannot reach what was written off the machine.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, text

from inspector.log.chain import COLUMNS, Head, Identity, canonical, genesis, link
from inspector.log.statement import NO_HEAD, said
from inspector.log.station_key import StationKey

_KEYS = ("log", "number", "sequence")
_JOURNAL = ("log", "position", "subject", "row", "chain")
_HEADS = ("log", "position", "chain", "time_ns", "key_id", "signature")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a verification must name first: of the entries, or of the heads where `heads` says so.

    Attributes:
        position: Of the entry; None where the entry has no place in the chain.
        record_id: As it stands in the log after the tampering; "" where it is gone or none.
        heads: The head at that position is meant, not the entry.
    """

    position: int | None
    record_id: str = ""
    heads: bool = False


@dataclass(slots=True)
class Entry:
    """A link and its row."""

    position: int
    subject: str
    row: dict[str, Any]

    @property
    def record_id(self) -> str:
        """The record's id; "" for another entry."""
        return str(self.row.get("record_id", "")) if self.subject == "records" else ""


class Attacker:
    """Alters one log through a connection of his own.

    Args:
        connection: To the database, in a transaction.
        rng: Chooses.
        stolen: The station's key, for those tamperings that suppose it stolen.
    """

    def __init__(self, connection: Connection, rng: random.Random, stolen: StationKey) -> None:
        self.rng = rng
        self.stolen = stolen
        self._connection = connection
        self.sqlite = connection.dialect.name == "sqlite"
        self._identity = Identity(*self.run("SELECT log_id, station, created_ns FROM logs").one())
        self.entries = self._read()
        self.head_positions = [int(each) for each in self.run("SELECT position FROM heads ORDER BY position").scalars()]

    def run(self, statement: str, **values: Any) -> Any:
        """Run one statement."""
        return self._connection.execute(text(statement), values)

    def _read(self) -> list[Entry]:
        rows = {
            (subject, row["number"]): dict(row)
            for subject in COLUMNS
            for row in self.run(f"SELECT * FROM {subject}").mappings()  # noqa: S608 - constant names
        }
        links = self.run('SELECT position, subject, "row" FROM journal ORDER BY position').all()
        return [Entry(each[0], each[1], rows[each[1], each[2]]) for each in links]

    def any(self, subject: str = "", *, least: int = 1) -> Entry:
        """Choose an entry, of one table where given."""
        return self.rng.choice(
            [e for e in self.entries if (not subject or e.subject == subject) and e.position >= least]
        )

    def update(self, table: str, where: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Overwrite columns of the rows that match."""
        sets = ", ".join(f'"{name}" = :v_{name}' for name in values)
        conditions = " AND ".join(f'"{name}" = :w_{name}' for name in where)
        bound = {f"v_{name}": value for name, value in values.items()}
        bound |= {f"w_{name}": value for name, value in where.items()}
        self.run(f"UPDATE {table} SET {sets} WHERE {conditions}", **bound)  # noqa: S608 - the attacker's own names

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Put a row in."""
        names = [name for name in row if name != "sequence" or self.sqlite]
        columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
        statement = f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 - the attacker's own names
        self.run(statement, **{name: row[name] for name in names})

    def delete(self, table: str, **where: Any) -> None:
        """Remove the rows that match."""
        conditions = " AND ".join(f'"{name}" = :{name}' for name in where)
        self.run(f"DELETE FROM {table} WHERE {conditions}", **where)  # noqa: S608 - the attacker's own names

    def forged(self, entry: Entry) -> dict[str, Any]:
        """Return a record that never was, made after another one."""
        number = max(e.row["number"] for e in self.entries if e.subject == "records") + 1
        row = {
            **entry.row,
            "record_id": uuid.UUID(int=self.rng.getrandbits(128)).hex,
            "number": number,
            "verdict": "PASS",
        }
        return row | ({"sequence": number} if self.sqlite else {})

    def link_anew(self, entries: list[Entry], first: int, last: int | None = None) -> None:
        """Write the chain as if `entries` were what was recorded; links from `first` to `last` are computed anew."""
        chain = genesis(self._identity.log_id)
        old = {p: bytes(c) for p, c in self.run("SELECT position, chain FROM journal").all()}
        self.run("DELETE FROM journal WHERE position >= :first", first=first)
        for position, entry in enumerate(entries, 1):
            chain = link(chain, canonical(entry.subject, entry.row))
            if position < first:
                continue
            kept = old.get(position) if last is not None and position > last else None
            values = (1, position, entry.subject, entry.row["number"], kept or chain)
            self.insert("journal", dict(zip(_JOURNAL, values, strict=True)))
            entry.position = position

    def sign_anew(self, key: StationKey) -> None:
        """Replace every head by one of a key."""
        chains = {p: bytes(c) for p, c in self.run("SELECT position, chain FROM journal").all()}
        chains[0] = genesis(self._identity.log_id)
        times = {int(p): int(t) for p, t in self.run("SELECT position, time_ns FROM heads").all()}
        self.run("DELETE FROM heads WHERE position >= 0")
        previous = NO_HEAD
        for position in [each for each in self.head_positions if each in chains]:
            head = Head(position, chains[position], times[position], key.id, b"")
            head = replace(head, signature=key.sign(said(self._identity, head, previous)))
            values = (1, position, head.chain, head.time_ns, head.key_id, head.signature)
            self.insert("heads", dict(zip(_HEADS, values, strict=True)))
            previous = position

    def altered(self, row: Mapping[str, Any], column: str) -> Any:
        """Return another value for a column."""
        value = row[column]
        if column == "verdict":
            return "PASS" if value != "PASS" else "FAIL"
        if isinstance(value, bytes | memoryview):
            place, data = self.rng.randrange(len(value)), bytearray(value)
            data[place] ^= 1 << self.rng.randrange(8)
            return bytes(data)
        if isinstance(value, str):
            return value[:-1] if value and self.rng.random() < 0.5 else value + self.rng.choice("x0 }")
        if isinstance(value, float):
            return None if self.rng.random() < 0.3 else value + 1e-9
        return 0.5 if value is None else value + self.rng.choice((1, 10**6))


Tampering = Callable[[Attacker], Expected]


def edit_entry(attacker: Attacker) -> Expected:
    """Change one column of an entry: record, audit entry, recipe or package."""
    subject = attacker.rng.choice(("records", "records", "audit", "recipes", "packages"))
    entry = attacker.any(subject)
    columns = [name for name in entry.row if attacker.sqlite or name != "sequence"]
    column = attacker.rng.choice(columns)
    changed = attacker.altered(entry.row, column)
    if column in ("sequence", "number"):  # one that is free
        changed = entry.row[column] + 10**6
    attacker.update(subject, {"number": entry.row["number"]}, {column: changed})
    gone = column in ("log", "number")
    entry.row[column] = changed
    return Expected(entry.position, "" if gone else entry.record_id)


def edit_link(attacker: Attacker) -> Expected:
    """Change one column of a link."""
    entry = attacker.any()
    column = attacker.rng.choice(_JOURNAL)
    row = {**attacker.run("SELECT * FROM journal WHERE position = :p", p=entry.position).mappings().one()}
    changed = {"position": row["position"] + 10**6, "row": row["row"] + 10**6}.get(column) or attacker.altered(
        row, column
    )
    attacker.update("journal", {"position": entry.position}, {column: changed})
    return Expected(entry.position)


def edit_head(attacker: Attacker) -> Expected:
    """Change one column of a signed head."""
    position = attacker.rng.choice(attacker.head_positions)
    column = attacker.rng.choice(_HEADS)
    row = {**attacker.run("SELECT * FROM heads WHERE position = :p", p=position).mappings().one()}
    changed = position + 1 if column == "position" else attacker.altered(row, column)
    attacker.update("heads", {"position": position}, {column: changed})
    return Expected(position, heads=True)


def edit_identity(attacker: Attacker) -> Expected:
    """Change whose log it is."""
    row = {**attacker.run("SELECT * FROM logs").mappings().one()}
    column = attacker.rng.choice(("log_id", "created_ns", *(("station",) if attacker.sqlite else ())))
    attacker.update("logs", {"number": 1}, {column: attacker.altered(row, column)})
    return Expected(0, heads=True)


def delete_row(attacker: Attacker) -> Expected:
    """Remove an entry's row, with or without its link."""
    entry = attacker.any(attacker.rng.choice(("records", "records", "audit", "recipes", "packages")))
    attacker.delete(entry.subject, number=entry.row["number"])
    if attacker.rng.random() < 0.5:
        attacker.delete("journal", position=entry.position)
    return Expected(entry.position)


def delete_link(attacker: Attacker) -> Expected:
    """Remove an entry's link alone."""
    entry = attacker.any()
    attacker.delete("journal", position=entry.position)
    return Expected(entry.position)


def delete_head(attacker: Attacker) -> Expected:
    """Remove a signed head."""
    position = attacker.rng.choice(attacker.head_positions)
    attacker.delete("heads", position=position)
    return Expected(position, heads=True)


def swap_rows(attacker: Attacker) -> Expected:
    """Exchange what two records say."""
    first, second = sorted(attacker.rng.sample([e for e in attacker.entries if e.subject == "records"], 2), key=_place)
    content = [{n: v for n, v in e.row.items() if n not in _KEYS} for e in (first, second)]
    attacker.update("records", {"number": second.row["number"]}, {"record_id": "on its way"})
    attacker.update("records", {"number": first.row["number"]}, content[1])
    attacker.update("records", {"number": second.row["number"]}, content[0])
    return Expected(first.position, second.record_id)


def swap_links(attacker: Attacker) -> Expected:
    """Exchange the places of two entries in the chain."""
    first, second = sorted(attacker.rng.sample(attacker.entries, 2), key=_place)
    attacker.update("journal", {"position": second.position}, {"position": -1})
    attacker.update("journal", {"position": first.position}, {"position": second.position})
    attacker.update("journal", {"position": -1}, {"position": first.position})
    return Expected(first.position)


def insert_beside(attacker: Attacker) -> Expected:
    """Put a record in that no link covers: behind the others, or under another log."""
    row = attacker.forged(attacker.any("records"))
    if attacker.rng.random() < 0.3:
        row["log"] = 2
    attacker.insert("records", row)
    return Expected(None, row["record_id"])


def insert_audit(attacker: Attacker) -> Expected:
    """Put an audit entry in that no link covers."""
    entry = attacker.any("audit")
    number = max(e.row["number"] for e in attacker.entries if e.subject == "audit") + 1
    attacker.insert("audit", {**entry.row, "number": number, "who": "nobody"})
    return Expected(None)


def insert_inside(attacker: Attacker) -> Expected:
    """Put a record in between, and compute the links behind it anew."""
    place = attacker.any(least=2).position
    row = attacker.forged(attacker.any("records"))
    attacker.insert("records", row)
    entries = [*attacker.entries[: place - 1], Entry(place, "records", row), *attacker.entries[place - 1 :]]
    attacker.link_anew(entries, place)
    return Expected(place, row["record_id"])


def truncate(attacker: Attacker) -> Expected:
    """Cut the end off: rows, links, and the heads that spoke of them."""
    first = attacker.any(least=2).position
    for entry in attacker.entries[first - 1 :]:
        attacker.delete(entry.subject, number=entry.row["number"])
    attacker.run("DELETE FROM journal WHERE position >= :first", first=first)
    if attacker.rng.random() < 0.7:
        attacker.run("DELETE FROM heads WHERE position >= :first", first=first)
    return Expected(first)


def rewrite(attacker: Attacker) -> Expected:
    """Change an entry and compute every link behind it anew; heads stay, go, or are signed with a key of his own."""
    entry = _rewritten(attacker)
    attacker.link_anew(attacker.entries, entry.position)
    way = attacker.rng.choice(("heads stay", "heads go", "own key"))
    if way == "heads go":
        attacker.run("DELETE FROM heads WHERE position >= :first", first=entry.position)
    elif way == "own key":
        attacker.sign_anew(StationKey(Ed25519PrivateKey.generate()))
    return Expected(entry.position, entry.record_id)


def rewrite_a_stretch(attacker: Attacker) -> Expected:
    """Change an entry and compute only some links behind it anew, so that the chain breaks later."""
    entry = _rewritten(attacker)
    attacker.link_anew(attacker.entries, entry.position, last=entry.position + attacker.rng.randrange(8))
    return Expected(entry.position, entry.record_id)


def rewrite_without(attacker: Attacker) -> Expected:
    """Remove an entry, close the gap, and compute every link behind it anew."""
    entry = attacker.any(least=2)
    attacker.delete(entry.subject, number=entry.row["number"])
    entries = [each for each in attacker.entries if each is not entry]
    attacker.link_anew(entries, entry.position)
    return Expected(entry.position)


def rewrite_with_the_key(attacker: Attacker) -> Expected:
    """The same with the station's own key stolen: links and heads are all in order, only those outside differ."""
    entry = _rewritten(attacker)
    attacker.link_anew(attacker.entries, entry.position)
    attacker.sign_anew(attacker.stolen)
    return Expected(entry.position, entry.record_id)


def _rewritten(attacker: Attacker) -> Entry:
    entry = attacker.any(attacker.rng.choice(("records", "records", "audit")))
    column = "verdict" if entry.subject == "records" else "why"
    entry.row[column] = attacker.altered(entry.row, column)
    attacker.update(entry.subject, {"number": entry.row["number"]}, {column: entry.row[column]})
    return entry


def _place(entry: Entry) -> int:
    return entry.position


TAMPERINGS: Mapping[str, tuple[Tampering, ...]] = {
    "edit": (edit_entry, edit_entry, edit_link, edit_head, edit_identity),
    "delete": (delete_row, delete_row, delete_link, delete_head),
    "swap": (swap_rows, swap_links),
    "insert": (insert_beside, insert_inside, insert_audit),
    "truncate": (truncate,),
    "rewrite the tail": (rewrite, rewrite_a_stretch, rewrite_without),
    "rewrite with the stolen key": (rewrite_with_the_key,),
}


def attack(connection: Connection, tampering: Tampering, rng: random.Random, stolen: StationKey) -> Expected:
    """Drop the guards, tamper, put the guards back; within the caller's transaction."""
    if connection.dialect.name == "sqlite":
        guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _sql in guards:
            connection.execute(text(f"DROP TRIGGER {name}"))
        expected = tampering(Attacker(connection, rng, stolen))
        for _name, sql in guards:
            connection.execute(text(sql))
        return expected
    tables = (*COLUMNS, "journal", "heads", "logs")
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    expected = tampering(Attacker(connection, rng, stolen))
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    return expected
