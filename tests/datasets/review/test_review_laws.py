"""Laws of reviewing that hold for any order of deeds."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.events import JUDGING, STANDS, read_rows, standings
from datasets.review.session import ReviewSession
from tests.datasets.review.catalogues import same_catalogue
from tests.performance.catalogue_benchmark import CLASSES, fill_manifest

Step = tuple[str, list[int], str]
POSITIONS = st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True)
DEED = st.one_of(
    st.tuples(st.just("label"), POSITIONS, st.sampled_from((*CLASSES, "new"))),
    st.tuples(st.sampled_from(("confirm", "skip", "flag", "unflag")), POSITIONS, st.just("")),
    st.tuples(st.sampled_from(("comment", "opine")), POSITIONS, st.sampled_from(("crack", "dent"))),
)
UNDO: st.SearchStrategy[Step] = st.just(("undo", [], ""))
REDO: st.SearchStrategy[Step] = st.just(("redo", [], ""))
RUN = st.one_of(
    st.lists(DEED, min_size=1, max_size=3),
    st.lists(UNDO, min_size=1, max_size=4),
    st.lists(REDO, min_size=1, max_size=4),
)
"""People do several deeds, then take several back: single steps would rarely undo two in a row."""


def do(session: ReviewSession, step: Step) -> bool:
    """Carry a step out; return whether there was anything to do."""
    kind, positions, word = step
    if kind == "label":
        session.label(positions, word)
    elif kind in ("comment", "opine"):
        getattr(session, kind)(positions[0], word)
    elif kind in ("undo", "redo"):
        return getattr(session, kind)() is not None
    else:
        getattr(session, kind)(positions)
    return True


def fast(dataset: Dataset) -> None:
    """Nothing here asks what a power cut leaves."""
    dataset.connection.execute("PRAGMA synchronous = OFF")


@settings(max_examples=40, deadline=None)
@given(st.lists(RUN, max_size=8))
def test_that_undo_gives_the_version_before_back_and_redo_the_one_after(runs: list[list[Step]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_dataset(fill_manifest(Path(folder), 6)) as dataset:
        fast(dataset)
        session = ReviewSession(dataset, read_catalogue(dataset), "Grace")
        versions, place = [dataset.fingerprint], 0
        for step in (step for run in runs for step in run):
            if not do(session, step):
                assert place == (0 if step[0] == "undo" else len(versions) - 1)
                continue
            place += -1 if step[0] == "undo" else 1
            if step[0] not in ("undo", "redo"):
                versions[place:] = [dataset.fingerprint]
            assert dataset.fingerprint == versions[place]
            assert (session.can_undo, session.can_redo) == (place > 0, place < len(versions) - 1)
        assert same_catalogue(session.catalogue, read_catalogue(dataset))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(("Ada", "Grace", "Eve")), RUN), max_size=9))
def test_that_the_catalogue_says_what_the_manifest_says_whoever_did_what(
    runs: list[tuple[str, list[Step]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_dataset(fill_manifest(Path(folder), 6)) as dataset:
        fast(dataset)
        catalogue = read_catalogue(dataset)
        sessions = {who: ReviewSession(dataset, catalogue, who) for who in ("Ada", "Grace", "Eve")}
        for who, step in ((who, step) for who, run in runs for step in run):
            do(sessions[who], step)
        fresh = read_catalogue(dataset)
        assert same_catalogue(catalogue, fresh)
        assert {item.item_id: item.label for item in dataset.items()} == {
            int(fresh.ids[place]): fresh.label_of(place) for place in range(len(fresh))
        }
        rows = dataset.connection.execute(f"SELECT event_id FROM review WHERE {STANDS} ORDER BY event_id")  # noqa: S608
        stand = standings(read_rows(dataset.connection)).values()
        assert [row[0] for row in rows] == sorted(row.event_id for standing in stand for row in standing.rows)
        for standing in standings(read_rows(dataset.connection)).values():
            judged = standing.newest(JUDGING)
            if judged is not None:
                assert judged.detail["to"] == fresh.label_of(fresh.position_of(judged.item_id))
        for item in dataset.items():
            history = dataset.history(item.item_id)
            assert [change.from_label for change in history[1:]] == [change.to_label for change in history[:-1]]
