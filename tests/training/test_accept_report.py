"""`inspector accept` from the command line: its document, its exit codes, and its report as page and PDF."""

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from inspector.cli import main
from inspector.inference.package import Package
from tests.support import recipe_text, tiny_package
from tests.training.greys import GreyModel, write_parts
from training.accept_cases import picture_cases
from training.accept_content import sections
from training.accept_judge import Judge, take_by_view
from training.accept_pdf import make_pdf
from training.accept_request import choose

SHOTS = [
    *[("good", f"g{n:02}", f"top_{take}", 0.1) for n in range(20) for take in (1, 2, 3)],
    *[("crack", f"c{n:02}", f"top_{take}", 0.9) for n in range(12) for take in (1, 2, 3)],
    *[("dent", f"d{n:02}", f"top_{take}", 0.6) for n in range(8) for take in (1, 2, 3)],
]
MARKS = {f"{kind}{n:02}": 4 + n for kind in "cd" for n in range(12)}


@dataclass(frozen=True)
class Bench:
    """A package whose model reads grey levels, and a folder to work in."""

    package: Package
    folder: Path

    def accept(self, dataset: Path, *more: str) -> tuple[int, dict[str, Any]]:
        """Run the command; return its exit code and its document."""
        out = self.folder / "report"
        command = ["accept", str(self.package.folder), str(dataset), "--out", str(out), "--device", "cpu"]
        code = main([*command, "--json", str(self.folder / "found.json"), *more])
        return code, json.loads((self.folder / "found.json").read_text("utf-8"))

    @property
    def page(self) -> str:
        """The page that was written."""
        return (self.folder / "report" / "report.html").read_text("utf-8")

    @property
    def pdf(self) -> PdfReader:
        """The PDF that was written."""
        return PdfReader(self.folder / "report" / "report.pdf")

    @property
    def pdf_text(self) -> str:
        """All that stands in the PDF, on one line."""
        return " ".join(" ".join(page.extract_text() for page in self.pdf.pages).split())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    package = tiny_package(tmp_path / "package")
    monkeypatch.setattr("training.accept.load_model", lambda package, _device: GreyModel(package))
    return Bench(package, tmp_path)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 parts, each imaged three times, defects marked."""
    return write_parts(tmp_path_factory.mktemp("parts"), SHOTS, marks=MARKS)


def test_that_a_good_package_is_accepted_and_the_document_has_what_programs_rely_on(bench: Bench, parts: Path) -> None:
    code, found = bench.accept(parts, "--who", "Ada")
    assert (code, found["schema"], found["accepted"], found["who"]) == (0, "inspector.accept/1", True, "Ada")
    assert all(row["shown"] for row in found["requirements"])
    for name in ("escape", "overkill", "review_good", "review_defective"):
        low, high = found[name]["interval"]
        assert low <= found[name]["value"] <= high
        assert found[name]["value"] <= found[name]["upper"]
    assert (found["parts"]["n"], found["parts"]["takes"], found["parts"]["pictures"]) == (40, 120, 120)
    assert list(found["per_class"]) == ["good", "crack", "dent"]
    assert sum(each["n"] for each in found["per_size"]["ranges"]) == 20
    assert found["repeatability"]["same_verdict"]["value"] == 1.0
    for name in ("effectiveness", "miss_rate", "false_alarm_rate", "cohen_kappa", "fleiss_kappa"):
        assert len(found["agreement"][name]["interval"]) == 2
    assert found["review_defective"]["events"] == 8
    assert found["package_hash"] == bench.package.hash
    assert len(found["dataset"]["fingerprint"]) == 64
    assert [case["kind"] for case in found["worst"]] == ["Nearly escaped"] * 4 + ["Nearly rejected"] * 4


def test_that_a_requirement_that_is_not_shown_is_exit_code_1(
    bench: Bench, parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = bench.folder / "recipe.toml"
    recipe.write_text(recipe_text(bench.package.folder, extra="[requirements]\nmax_escape = 0.01"))
    code, found = bench.accept(parts, "--recipe", str(recipe))
    assert (code, found["accepted"], found["recipe"]["name"]) == (1, False, "test product")
    row = next(row for row in found["requirements"] if row["name"] == "escape")
    assert (row["shown"], row["found"], row["required"]) == (False, 0.0, 0.01)
    assert "279 more parts" in row["note"]  # 299 without an escape; 20 were judged
    assert "NOT SHOWN" in capsys.readouterr().out
    assert "NOT ACCEPTED" in bench.page
    assert "NOT ACCEPTED" in bench.pdf_text


def test_that_an_escape_is_found_named_and_shown_first(bench: Bench, tmp_path: Path) -> None:
    shots = [*SHOTS[:60], ("crack", "sly", "top_1", 0.9), ("crack", "sly", "top_2", 0.05)]
    code, found = bench.accept(write_parts(tmp_path, shots))
    assert code == 1
    assert (found["escape"]["events"], found["escape"]["n"]) == (1, 1)
    assert (found["worst"][0]["kind"], found["worst"][0]["part"]) == ("Escape", "sly")
    assert found["repeatability"]["changed"][0]["verdicts"] == ["FAIL", "PASS"]
    assert found["per_size"] is None
    assert "Escape: crack judged PASS" in bench.pdf_text


def test_that_the_limits_of_the_recipe_hold_and_void_no_word_of_the_package(bench: Bench, parts: Path) -> None:
    recipe = bench.folder / "recipe.toml"
    recipe.write_text(recipe_text(bench.package.folder, extra="[policy]\npass_below = 0.05\nfail_from = 0.08"))
    code, found = bench.accept(parts, "--recipe", str(recipe))
    assert (code, found["thresholds"]) == (1, {"pass_below": 0.05, "fail_from": 0.08, "from": "recipe"})
    assert found["overkill"]["events"] == 20


def test_that_repeatability_that_was_not_measured_is_said_and_refused_where_asked_for(
    bench: Bench, tmp_path: Path
) -> None:
    single = write_parts(tmp_path, [shot for shot in SHOTS if shot[2] == "top_1"])
    code, found = bench.accept(single)
    assert (code, found["repeatability"]) == (0, {"measured": False, "parts": 0})
    assert "Not measured" in bench.page
    recipe = bench.folder / "recipe.toml"
    recipe.write_text(recipe_text(bench.package.folder, extra="[requirements]\nmin_repeatability = 0.9"))
    code, found = bench.accept(single, "--recipe", str(recipe))
    assert code == 1
    assert [row["name"] for row in found["requirements"] if not row["shown"]] == ["repeatability"]


def test_that_a_study_of_its_own_gives_repeatability_and_agreement(bench: Bench, parts: Path, tmp_path: Path) -> None:
    study = write_parts(
        tmp_path,
        [(kind, part, name[-1], score) for kind, part, name, score in SHOTS[:90]],
        pattern="{class}/{part}_{id}",
    )
    code, found = bench.accept(parts, "--repeats", str(study))
    assert (code, found["study"]["parts"], found["repeatability"]["takes"]) == (0, 30, 3)
    assert (found["agreement"]["parts"], found["parts"]["n"]) == (30, 40)
    assert found["study"]["fingerprint"][:16] in bench.page


def test_that_the_page_needs_nothing_but_itself_and_says_what_was_judged(bench: Bench, parts: Path) -> None:
    _, found = bench.accept(parts, "--who", "Ada <Lovelace>")
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", bench.page)
    assert len(links) == 16  # eight cases, each beside its evidence
    assert all(link.startswith("data:image/jpeg;base64,") for link in links)
    assert "<script" not in bench.page
    assert bench.page.count("<svg") == 2
    assert "Ada &lt;Lovelace&gt;" in bench.page
    for text in (found["package_hash"], found["dataset"]["fingerprint"], "PASS below 0.3", "Clopper"):
        assert text in bench.page


def test_that_the_pdf_says_the_same_on_numbered_pages_with_embedded_typefaces(bench: Bench, parts: Path) -> None:
    _, found = bench.accept(parts, "--who", "Ada")
    text, pages = bench.pdf_text, bench.pdf.pages
    assert 3 <= len(pages) <= 7
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in page.extract_text()
        assert found["package_hash"][:16] in page.extract_text()
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            assert "/FontFile2" in font.get_object()["/FontDescriptor"]
    for wanted in (found["package_hash"], found["dataset"]["fingerprint"], "ACCEPTED", "Cohen's kappa", "By class",
                   "By size of the defect", "Repeatability", "Judged by: Ada", "Checked by"):  # fmt: skip
        assert wanted in text
    assert sum(len(page.images) for page in pages) == 16


def test_that_names_in_any_script_and_with_markup_stand_in_both_reports(bench: Bench, tmp_path: Path) -> None:
    shots = [("good", "零件<b>1", "top_1", 0.1), ("划痕&", "零件2", "top_1", 0.9)]
    bench.accept(write_parts(tmp_path, shots))
    assert "划痕&amp;" in bench.page
    assert "零件2" in bench.pdf_text
    assert "划痕&" in bench.pdf_text
    assert "零件<b>1" in bench.pdf_text


def test_that_drawn_pictures_are_said_to_be_drawn(bench: Bench, tmp_path: Path) -> None:
    _, found = bench.accept(write_parts(tmp_path, SHOTS, synthetic=True))
    assert found["drawn"]
    assert any("drawn by a program" in text for text in found["warnings"])
    assert "drawn by a program" in bench.page
    assert "drawn by a program" in bench.pdf_text


def test_that_parts_the_package_was_trained_or_calibrated_on_do_not_count(bench: Bench, parts: Path) -> None:
    from datasets.manifest import open_dataset
    from inspector.inference.package import write_package

    with open_dataset(parts) as dataset:
        fingerprint = dataset.fingerprint
    card = bench.package.card.model_dump(exclude={"files", "schema_"})
    weights = {"weights.safetensors": bench.package.read_file("weights.safetensors")}
    for split, knows in (("test", True), ("validation", False)):
        calibration = {
            "good_parts": 20, "defective_parts": 20, "created": card["created"],
            "dataset": {"name": "parts", "fingerprint": fingerprint, "split": split},
        }  # fmt: skip
        package = write_package(
            bench.folder / split, {**card, "calibration": calibration}, {**weights, "calibration.json": b"{}"}
        )
        code, found = Bench(package, bench.folder).accept(parts)
        assert code == int(knows)
        assert found["requirements"][0]["shown"] is not knows
        assert any("for calibration" in text for text in found["warnings"]) is knows


def test_that_the_reader_is_told_what_the_fingerprint_cannot_tell_and_what_was_left_out(
    bench: Bench, parts: Path, tmp_path: Path
) -> None:
    from inspector.inference.package import write_package

    card = bench.package.card.model_dump(exclude={"files", "schema_"})
    data = {"name": parts.name, "fingerprint": "0" * 64}
    weights = {"weights.safetensors": bench.package.read_file("weights.safetensors")}
    package = write_package(tmp_path / "other", {**card, "data": data}, weights)
    shots = [("good", "g1", "top_1", 0.1), ("good", "g1", "top_2", 0.1), ("good", "g1", "side_1", 0.1)]
    study = write_parts(tmp_path, shots)
    write_parts(tmp_path, [("crack", "drawn", "top_1", 0.9)], synthetic=True, append=True)
    _, found = Bench(package, bench.folder).accept(parts, "--repeats", str(study))
    said = " ".join(found["warnings"])
    assert "another version of this data set" in said
    assert "1 synthetic pictures of the study" in said
    assert "1 pictures of the study were not judged" in said
    assert said.count("No limit for") == 2


def test_that_standard_output_belongs_to_the_program_that_asked(
    bench: Bench, parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["accept", str(bench.package.folder), str(parts), "--out", str(bench.folder / "out"), "--json", "-"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["accepted"]
    assert main([*command[:-2], "--json-lines"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (lines[-1]["event"], lines[-1]["done"], lines[-1]["total"]) == ("progress", 120, 120)


def test_that_wrong_use_is_exit_code_2(bench: Bench, parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(bench.package.folder)
    for command in (
        ["accept", folder, str(bench.folder / "nothing")],
        ["accept", folder, str(parts), "--split", "validation"],
        ["accept", folder, str(parts), "--take", "("],
        ["accept", folder, str(parts), "--recipe", str(bench.folder / "nothing.toml")],
    ):
        assert main(command) == 2
        assert "cure:" in capsys.readouterr().err


def test_that_the_same_document_gives_the_same_pdf(bench: Bench, parts: Path) -> None:
    from datasets.manifest import open_dataset

    _, found = bench.accept(parts)
    with open_dataset(parts) as dataset:
        chosen = choose(dataset, "test", bench.package)
    model = GreyModel(bench.package)
    limits = bench.package.card.thresholds.to_thresholds()
    judged = Judge(model, limits, chosen.good).judge(chosen.items, take_by_view, lambda _done, _total: None).parts
    numbers = {
        **found,
        "requirements": [{**row, "required": row["required"] or float("nan")} for row in found["requirements"]],
    }
    numbers["requirements"][0]["found"] = float("nan")
    one, other = (make_pdf(numbers, sections(numbers, judged), picture_cases(judged, model)) for _ in range(2))
    assert one == other
    assert PdfReader(io.BytesIO(one)).metadata is not None


def test_that_a_really_trained_package_is_accepted_whole(trained: Package, plates: Path, tmp_path: Path) -> None:
    code = main(
        ["accept", str(trained.folder), str(plates), "--out", str(tmp_path), "--json", str(tmp_path / "found.json")]
    )
    found = json.loads((tmp_path / "found.json").read_text())
    assert code == (0 if found["accepted"] else 1)
    rejected = found["per_class"]
    assert sum(row["n"] for row in rejected.values()) == found["parts"]["n"]
    assert found["per_size"]["ranges"][0]["from_px"] == 8.0  # bars of 4 x 16 pixels, spots of 9 x 9
    assert PdfReader(tmp_path / "report.pdf").pages
