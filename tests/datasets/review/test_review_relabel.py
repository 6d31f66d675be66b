from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datasets.manifest import Dataset, open_dataset
from datasets.review.catalogue import read_catalogue
from datasets.review.history import events
from datasets.review.relabel import PathIndex, relabel_from_csv
from datasets.review.session import ReviewSession
from inspector.cli import main
from inspector.errors import DatasetError, NotAllowedError, UsageError
from inspector.people.users import User, Users, write_users
from inspector.types import Person, Role

ADA = Person("Ada")
NO_PASSWORD = "$argon2id$"  # noqa: S105 - a hash that nothing fits


def write(folder: Path, *lines: str, header: str = "path,label,who,comment") -> Path:
    path = folder / "fixes.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def labels(dataset: Dataset) -> dict[str, str]:
    return {item.path.name: item.label for item in dataset.items()}


def test_that_a_list_changes_labels_with_its_authors_and_comments(dataset: Dataset, tmp_path: Path) -> None:
    items = {item.path.name: item for item in dataset.items()}
    one, two, three = items["part-000001-side.png"], items["part-000002-top.png"], items["part-000003-top.png"]
    file = write(
        tmp_path,
        f"{one.path},stain,Grace,a spot",
        f"{two.path.parent.name}/{two.path.name}, dent ,,",
        f'./{three.path.name},{three.label},,"sure, quite"',
    )
    done = relabel_from_csv(dataset, file, ADA)
    assert [(line.item.item_id, line.who) for line in done.changed] == [(one.item_id, "Grace"), (two.item_id, "Ada")]
    assert [line.item.item_id for line in done.confirmed] == [three.item_id]
    assert (done.comments, done.fingerprint) == (2, dataset.fingerprint)
    assert (labels(dataset)[one.path.name], labels(dataset)[two.path.name]) == ("stain", "dent")
    catalogue = read_catalogue(dataset)
    place = catalogue.position_of(three.item_id)
    assert (catalogue.reviewed[place], catalogue.comments[place]) == (True, "sure, quite")
    told = [(event.kind, event.who, event.queue) for event in events(dataset, one.item_id)[1:]]
    assert told == [("label", "Grace", "csv"), ("comment", "Grace", "csv")]


def test_that_a_list_can_be_undone_by_its_author(dataset: Dataset, tmp_path: Path) -> None:
    before = dataset.fingerprint
    relabel_from_csv(dataset, write(tmp_path, *(f"{item.path},stain,," for item in dataset.items())), ADA)
    assert set(labels(dataset).values()) == {"stain"}
    session = ReviewSession(dataset, read_catalogue(dataset), "Ada")
    session.undo()
    assert dataset.fingerprint == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",dent,Ada", "no path"),
        ("part-999999-top.png,dent,Ada", "no image has a path that ends in 'part-999999-top.png'"),
        ("top.png,dent,Ada", "no image has a path that ends in 'top.png'"),
        ("/elsewhere/part-000001-side.png,dent,Ada", "no image has"),
        ("part-000001-side.png,dnet,Ada", "'dnet' is no class of the data set (crack, dent, good, scratch, stain)"),
        ("part-000001-side.png,,Ada", "no label"),
        ("part-000001-side.png,dent,", "nobody is named"),
        ("part-000002-side.png,stain,Ada", "was listed before, in line 2"),
    ],
)
def test_that_one_wrong_line_stops_the_whole_list_and_is_named(
    dataset: Dataset, tmp_path: Path, line: str, said: str
) -> None:
    before = dataset.fingerprint
    file = write(tmp_path, "part-000002-side.png,dent,Ada", "", line, header="path,label,who")
    with pytest.raises(DatasetError) as caught:
        relabel_from_csv(dataset, file, None)
    assert "fixes.csv, line 4: " in str(caught.value)
    assert said in str(caught.value)
    assert dataset.fingerprint == before
    assert len(events(dataset, 3)) == 1


def test_that_an_ambiguous_path_is_told_with_its_cure(parts: Dataset, tmp_path: Path) -> None:
    name = parts.items()[0].path.name
    index = PathIndex(parts.items())
    assert [item.path for item in index.find(name)] == [parts.items()[0].path]
    parts.connection.execute("UPDATE item SET path = 'a/x.png' WHERE item_id = 1")
    parts.connection.execute("UPDATE item SET path = 'b/x.png' WHERE item_id = 2")
    with pytest.raises(DatasetError, match=r"2 images have a path that ends in 'x.png'; give the whole path"):
        relabel_from_csv(parts, write(tmp_path, "x.png,dent,,"), ADA)
    assert relabel_from_csv(parts, write(tmp_path, "b/x.png,dent,,"), ADA).fingerprint
    assert index.find("") == []


def test_that_new_classes_come_only_when_asked_for(dataset: Dataset, tmp_path: Path) -> None:
    file = write(tmp_path, "part-000001-side.png,rust,,")
    with pytest.raises(DatasetError, match="--new-class"):
        relabel_from_csv(dataset, file, ADA)
    relabel_from_csv(dataset, file, ADA, new_class=True)
    assert "rust" in dataset.classes


def test_that_what_is_no_list_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column label"):
        relabel_from_csv(dataset, write(tmp_path, "x,y", header="path,class"), ADA)
    with pytest.raises(DatasetError, match="no image is listed"):
        relabel_from_csv(dataset, write(tmp_path), ADA)
    with pytest.raises(DatasetError, match="cannot be read"):
        relabel_from_csv(dataset, tmp_path / "none.csv", ADA)
    (tmp_path / "bytes.csv").write_bytes(b"path,label\n\xff\xfe,x\n")
    with pytest.raises(DatasetError, match="UTF-8"):
        relabel_from_csv(dataset, tmp_path / "bytes.csv", ADA)


def test_that_on_a_pc_with_users_nobody_signs_for_another(dataset: Dataset, tmp_path: Path) -> None:
    roles = {"Eve": Role.ADMINISTRATOR, "Olaf": Role.OPERATOR, "Ugo": Role.AUDITOR}
    write_users(Users(users=tuple(User(name=name, role=role, password=NO_PASSWORD) for name, role in roles.items())))
    before, file = dataset.fingerprint, write(tmp_path, "part-000001-side.png,dent,Grace,")
    for person in (None, ADA, Person("Ugo", Role.AUDITOR)):
        with pytest.raises(NotAllowedError):
            relabel_from_csv(dataset, file, person)
    with pytest.raises(DatasetError, match="names Grace, but Olaf is logged in"):
        relabel_from_csv(dataset, file, Person("Olaf", Role.OPERATOR))
    assert dataset.fingerprint == before
    relabel_from_csv(dataset, write(tmp_path, "part-000001-side.png,stain,,"), Person("Olaf", Role.OPERATOR))
    assert dataset.fingerprint != before


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    out = folder / "out.json"
    out.unlink(missing_ok=True)
    code = main(["dataset", *arguments, "--json", str(out)])
    return code, json.loads(out.read_text()) if out.exists() else {}


def test_that_the_command_tells_people_and_programs_what_it_did(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, name = str(dataset.folder), "part-000001-side.png"
    file = str(write(tmp_path, f"{name},stain,Grace,a spot", "part-000002-side.png,crack,,"))
    assert main(["dataset", "relabel", folder, "--csv", file]) == 2
    assert "line 3: nobody is named" in capsys.readouterr().err
    code, said = run(tmp_path, "relabel", folder, "--csv", file, "--who", "Ada")
    assert (code, said["schema"], said["fingerprint"]) == (0, "inspector.dataset.relabel/1", dataset.fingerprint)
    path = f"/data/line7/2026-03/camera-side/{name}"
    assert said["changed"][0] == {"path": path, "from": "crack", "to": "stain", "who": "Grace"}
    assert f"{name}: crack -> stain" in capsys.readouterr().out
    code, told = run(tmp_path, "history", folder, "--path", name)
    assert [each["kind"] for each in told["images"][0]["events"]] == ["import", "label", "comment"]
    assert [each["to"] for each in told["images"][0]["history"]] == ["crack", "stain"]
    shown = capsys.readouterr().out
    assert "crack -> stain, from csv  (Grace)" in shown
    assert "comment: a spot, from csv  (Grace)" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["--path", "x.png", "--who", "Ada"],
        ["--csv", "x.csv", "--label", "dent", "--who", "Ada"],
        ["--path", "part-000001-side.png", "--label", "dent"],
    ],
)
def test_that_options_that_do_not_go_together_are_wrong_use(dataset: Dataset, arguments: list[str]) -> None:
    assert main(["dataset", "relabel", str(dataset.folder), *arguments]) == 2
    with open_dataset(dataset.folder) as other:
        assert other.fingerprint == dataset.fingerprint
