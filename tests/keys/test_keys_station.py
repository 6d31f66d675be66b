"""The station, the shadow, `predict`, promotion and rollback accept what a trusted key signed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli import main
from inspector.errors import UntrustedPackageError, UntrustedRecipeError
from inspector.headless import RunSummary, run_headless
from inspector.inference.package import CARD_FILE, SIGNATURE_FILE, Package, open_package
from inspector.jsonfile import replace_file
from inspector.keys.deeds import revoke_key
from inspector.models import load_model
from inspector.recipe import load_recipe
from inspector.release_change import enter, keep
from inspector.shadow import load_challenger
from tests.keys.signing import ANNA, BOSS, Signer, a_signer
from tests.support import picture_folder, recipe_text, tiny_package


@pytest.fixture(name="package")
def _package(tmp_path: Path) -> Package:
    return tiny_package(tmp_path / "package")


@pytest.fixture(name="recipe")
def _recipe(tmp_path: Path, package: Package) -> Path:
    path = tmp_path / "washer.toml"
    path.write_text(recipe_text(package.folder), encoding="utf-8")
    return path


def run(recipe: Path, folder: Path) -> RunSummary:
    return run_headless(load_recipe(recipe), folder / "log", max_parts=2, quiet=True)


def refusal(summary: RunSummary) -> str:
    assert summary.failure is not None
    assert summary.parts == 0
    return str(summary.failure)


def test_that_a_pc_without_trusted_keys_takes_everything_and_says_nothing(recipe: Path, tmp_path: Path) -> None:
    summary = run(recipe, tmp_path)
    assert (summary.parts, summary.cautions) == (2, [])


def test_that_a_station_inspects_with_signed_package_and_recipe(recipe: Path, package: Package, tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    signer.sign(package.folder)
    signer.sign(recipe)
    summary = run(recipe, tmp_path)
    assert (summary.parts, summary.cautions, summary.failure) == (2, [], None)


def test_that_the_first_trusted_key_closes_the_door_for_the_unsigned(
    recipe: Path, package: Package, tmp_path: Path
) -> None:
    signer = a_signer(tmp_path)
    said = refusal(run(recipe, tmp_path))
    assert "washer.toml: is not signed" in said
    assert f"inspector keys sign {recipe}" in said
    signer.sign(recipe)
    assert f"{package.folder}: is not signed" in refusal(run(recipe, tmp_path))


def test_that_a_recipe_changed_after_signing_is_refused(recipe: Path, package: Package, tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    signer.sign(package.folder)
    signer.sign(recipe)
    recipe.write_text(recipe.read_text() + "[policy]\npass_below = 0.9\nfail_from = 0.95\n", encoding="utf-8")
    assert "is not what Anna signed" in refusal(run(recipe, tmp_path))


def test_that_a_package_revised_after_signing_is_refused(recipe: Path, package: Package, tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    signer.sign(package.folder)
    signer.sign(recipe)
    card = (package.folder / CARD_FILE).read_bytes().replace(b'"fail_from": 0.7', b'"fail_from": 0.9')
    replace_file(package.folder / CARD_FILE, card)
    assert "is not what Anna signed" in refusal(run(recipe, tmp_path))


def test_that_without_the_demand_the_unsigned_is_a_caution(recipe: Path, own_data_folder: Path, tmp_path: Path) -> None:
    a_signer(tmp_path)
    (own_data_folder / "settings.toml").write_text("[trust]\nrequire_signatures = false\n")
    summary = run(recipe, tmp_path)
    assert summary.parts == 2
    assert [sentence.split(": ")[1].split(".")[0] for sentence in summary.cautions] == ["is not signed"] * 2


def test_that_the_setting_asks_for_signatures_before_any_key_is_trusted(
    recipe: Path, own_data_folder: Path, tmp_path: Path
) -> None:
    (own_data_folder / "settings.toml").write_text("[trust]\nrequire_signatures = true\n")
    assert "is not signed" in refusal(run(recipe, tmp_path))


def test_that_a_revoked_key_vouches_for_nothing_and_the_door_stays_shut(
    recipe: Path, package: Package, tmp_path: Path
) -> None:
    signer = a_signer(tmp_path)
    signer.sign(package.folder)
    signer.sign(recipe)
    revoke_key(BOSS, "Anna", why="stolen")
    with pytest.raises(UntrustedPackageError, match="whose key was revoked"):
        load_model(load_recipe(recipe))
    assert "whose key was revoked" in refusal(run(recipe, tmp_path))


def test_that_a_damaged_store_of_trusted_keys_lets_nothing_in(
    recipe: Path, package: Package, own_data_folder: Path, tmp_path: Path
) -> None:
    signer = a_signer(tmp_path)
    signer.sign(package.folder)
    signer.sign(recipe)
    (own_data_folder / "keys" / "trusted" / f"{'0' * 64}.json").write_text("{")
    assert "damaged" in refusal(run(recipe, tmp_path))


def test_that_a_file_that_no_signature_covers_makes_a_package_untrusted(
    recipe: Path, package: Package, tmp_path: Path
) -> None:
    signer = a_signer(tmp_path)
    signer.sign(package.folder)
    signer.sign(recipe)
    (package.folder / "extra").mkdir()
    (package.folder / "extra" / "plugin.py").write_text("print('hello')")
    assert "holds files that its card does not name: extra/plugin.py" in refusal(run(recipe, tmp_path))


@pytest.mark.parametrize("command", ["predict", "rollback", "promote"])
def test_that_commands_refuse_what_the_line_would_refuse(
    command: str, package: Package, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = a_signer(tmp_path)
    other = tiny_package(tmp_path / "other", seed=1)
    signer.sign(other.folder)
    release = tmp_path / "release"
    for each in (package, open_package(other.folder)):
        keep(release, each)
    enter(release, package.hash, "init", who=ANNA, why="y", expected=None)
    enter(release, other.hash, "promote", who=ANNA, why="y", expected=package.hash)
    who = ["--who", "Anna", "--why", "because"]
    arguments = {
        "predict": [str(package.folder), str(picture_folder(tmp_path / "pictures", 1))],
        "rollback": [str(release), *who],
        "promote": [str(tmp_path / "new release"), str(package.folder), *who],
    }[command]
    assert main([command, *arguments]) == 2
    assert "is not signed" in capsys.readouterr().err


def test_that_a_challenger_in_shadow_must_be_signed_as_well(package: Package, tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    with pytest.raises(UntrustedPackageError):
        load_challenger(package.folder, "cpu")
    signer.sign(package.folder)
    assert load_challenger(package.folder, "cpu") is not None


def test_that_promote_signs_and_the_copy_in_the_release_carries_the_signature(
    package: Package, tmp_path: Path, recipe: Path
) -> None:
    signer = a_signer(tmp_path)
    release = tmp_path / "release"
    command = ["promote", str(release), str(package.folder), "--who", "Anna", "--why", "first"]
    assert main([*command, "--sign-with", str(signer.file)]) == 0
    copy = release / "packages" / package.hash
    assert (copy / SIGNATURE_FILE).read_bytes() == (package.folder / SIGNATURE_FILE).read_bytes()
    recipe.write_text(recipe_text(release), encoding="utf-8")
    with pytest.raises(UntrustedRecipeError):
        raise run(recipe, tmp_path).failure or AssertionError
    signer.sign(recipe)
    assert run(recipe, tmp_path).parts == 2


def test_that_a_package_already_in_a_release_can_be_signed_there(package: Package, tmp_path: Path) -> None:
    release = tmp_path / "release"
    keep(release, package)
    enter(release, package.hash, "init", who=ANNA, why="y", expected=None)
    signer: Signer = a_signer(tmp_path)
    command = ["keys", "sign", str(release), "--key", str(signer.file), "--who", "Anna", "--why", "looked at it"]
    assert main(command) == 0
    assert main(["keys", "check", str(release)]) == 0
    assert main(["keys", "check", str(package.folder)]) == 1
