"""Keys, signatures and the trust in them: who may, what is written down, and what no longer fits."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
from argon2.profiles import CHEAPEST
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.cli import main
from inspector.errors import KeyFileError, NotAllowedError, SignatureError, StoreError, UsageError
from inspector.keyfiles import key_id_of, read_private, read_public, write_pair
from inspector.keys import Signed, Subject, Trust, trust_of_this_pc
from inspector.keys.deeds import new_key, revoke_key, sign, trust_key
from inspector.keys.signature import Signature, make_signature, read_signatures, statement
from inspector.keys.trusted import TrustedKey, read_trusted, trusted_folder
from inspector.log import open_log
from inspector.people.administration import Administration
from inspector.people.secrets import Secrets
from inspector.settings import log_folder
from inspector.types import Person, Role
from tests.keys.signing import ANNA, BOSS, a_signer
from tests.support import recipe_text

PASSPHRASE = "correct horse battery"  # noqa: S105 - of keys that live as long as a test


def a_file(folder: Path, text: str = "name = 1\n") -> Signed:
    path = folder / "washer.toml"
    path.write_text(text)
    return Signed(Subject.RECIPE, "ab" * 32, path)


def test_that_a_private_key_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    private, public = write_pair(tmp_path, "anna")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    with pytest.raises(KeyFileError):
        write_pair(tmp_path, "anna")
    public.unlink()
    with pytest.raises(KeyFileError):
        write_pair(tmp_path, "anna")
    assert private.read_bytes() == before
    assert key_id_of(read_private(private, str).public_key()) == key_id_of(read_private(private, str).public_key())


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
def test_that_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    private, _ = write_pair(tmp_path, "anna")
    private.chmod(0o640)
    with pytest.raises(KeyFileError, match="others on this PC") as caught:
        read_private(private, str)
    assert "chmod 600" in caught.value.cure


def test_that_a_passphrase_protects_and_a_short_one_is_refused(tmp_path: Path) -> None:
    private, public = write_pair(tmp_path, "anna", PASSPHRASE)
    assert b"ENCRYPTED" in private.read_bytes()
    key = read_private(private, lambda: PASSPHRASE)
    assert key_id_of(key.public_key()) == key_id_of(read_public(public))
    with pytest.raises(KeyFileError, match="does not open"):
        read_private(private, lambda: PASSPHRASE + "!")
    with pytest.raises(KeyFileError, match="protects nothing"):
        write_pair(tmp_path, "bert", "short")


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_that_what_is_no_key_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pub"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="is no public key"):
        read_public(path)
    with pytest.raises(KeyFileError, match="is no private key"):
        read_private(path, str)
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_public(tmp_path / "absent")


def test_that_openssl_reads_the_keys_and_agrees_on_the_signature(tmp_path: Path) -> None:
    private, public = write_pair(tmp_path, "anna")
    signed = a_file(tmp_path)
    made = make_signature(read_private(private, str), signed)
    (tmp_path / "said").write_bytes(statement(signed, made.signed_at))
    (tmp_path / "signature").write_bytes(bytes.fromhex(made.signature))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(public), "-rawin"]
    try:
        done = subprocess.run(
            [*command, "-in", str(tmp_path / "said"), "-sigfile", str(tmp_path / "signature")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    if "nsupported" in done.stderr or "usage" in done.stderr.lower():
        pytest.skip("this openssl is too old for Ed25519 files")
    assert done.returncode == 0, done.stderr
    assert "Verified Successfully" in done.stdout


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNED = Signed(Subject.PACKAGE, "12" * 32, Path("package/card.json"))


@given(st.sampled_from(["subject", "hash", "signed_at", "signature"]), st.integers(0, 200), st.integers(1, 15))
def test_that_a_signature_fits_what_was_signed_and_nothing_else(field: str, at: int, step: int) -> None:
    made = make_signature(KEY, SIGNED)
    assert made.is_by(KEY.public_key(), SIGNED)
    if field == "subject":
        assert not made.is_by(KEY.public_key(), Signed(Subject.RECIPE, SIGNED.hash, SIGNED.path))
    elif field == "hash":
        at %= 64
        other = f"{SIGNED.hash[:at]}{(int(SIGNED.hash[at], 16) + step) % 16:x}{SIGNED.hash[at + 1 :]}"
        assert not made.is_by(KEY.public_key(), Signed(Subject.PACKAGE, other, SIGNED.path))
    elif field == "signed_at":
        later = made.model_copy(update={"signed_at": f"20{10 + step}-01-01T00:00:00+00:00"})
        assert not later.is_by(KEY.public_key(), SIGNED)
    else:
        at %= 128
        flipped = f"{made.signature[:at]}{(int(made.signature[at], 16) + step) % 16:x}{made.signature[at + 1 :]}"
        assert not made.model_copy(update={"signature": flipped}).is_by(KEY.public_key(), SIGNED)
    other_key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    assert not made.is_by(other_key.public_key(), SIGNED)


def test_that_two_people_may_sign_and_one_trusted_word_suffices(tmp_path: Path) -> None:
    path = tmp_path / "washer.toml"
    path.write_text(recipe_text(tmp_path / "p"))
    stranger, friend = a_signer(tmp_path / "1", trusted=False), a_signer(tmp_path / "2")
    stranger.sign(path)
    friend.sign(path)
    friend.sign(path)
    signed = Signed(Subject.RECIPE, "", path)
    assert len(read_signatures(signed)) == 2
    assert main(["keys", "check", str(path)]) == 0


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300) | st.recursive(st.none() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)))
def test_that_a_damaged_signature_file_is_told_and_signing_again_mends_it(
    tmp_path_factory: pytest.TempPathFactory, content: object
) -> None:
    signed = a_file(tmp_path_factory.mktemp("x"))
    data = (
        content
        if isinstance(content, bytes)
        else json.dumps({"schema": "inspector.signature/1", "x": content}).encode()
    )
    signed.signature_file.write_bytes(data)
    with pytest.raises(SignatureError, match="damaged"):
        read_signatures(signed)
    assert "damaged" in Trust().standing(signed).problem
    sign(ANNA, signed, KEY, why="again")
    assert len(read_signatures(signed)) == 1


def test_that_a_signature_file_that_is_no_file_is_told(tmp_path: Path) -> None:
    signed = a_file(tmp_path)
    signed.signature_file.mkdir()
    with pytest.raises(SignatureError, match="cannot be read"):
        read_signatures(signed)


def trail() -> list[tuple[str, str, str, str]]:
    with open_log(log_folder()) as log:
        entries = log.records.audit(action="key.*") + log.records.audit(action="recipe.*")
    return sorted((each.action, each.subject, each.who, each.why) for each in entries)


def test_that_every_deed_is_in_the_audit_trail(tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    path = tmp_path / "washer.toml"
    path.write_text(recipe_text(tmp_path / "p"))
    signer.sign(path)
    revoke_key(BOSS, "Anna", why="left us")
    assert trail() == [
        ("key.made", "anna", "Anna", "to sign"),
        ("key.revoked", "Anna", "Boss", "left us"),
        ("key.trusted", "Anna", "Boss", "first"),
        ("recipe.signed", f"recipe {path}", "Anna", "looked at it"),
    ]


def test_that_a_deed_beside_a_running_station_reaches_its_log(tmp_path: Path) -> None:
    with open_log(log_folder()):
        signer = a_signer(tmp_path)
    assert [action for action, *_ in trail()] == ["key.made", "key.trusted"]
    assert signer.file.exists()


def test_that_nothing_is_done_that_cannot_be_recorded(tmp_path: Path, own_data_folder: Path) -> None:
    _, public = write_pair(tmp_path, "anna")
    (own_data_folder / "log").write_text("no folder")
    with pytest.raises(StoreError):
        trust_key(BOSS, public, "Anna", why="first")
    with pytest.raises(StoreError):
        new_key(BOSS, "bert", folder=tmp_path, why="x")
    signed = a_file(tmp_path)
    with pytest.raises(StoreError):
        sign(ANNA, signed, KEY, why="x")
    assert read_trusted(trusted_folder()) == ()
    assert not (tmp_path / "bert.key").exists()
    assert not signed.signature_file.exists()


def test_that_a_deed_needs_a_reason(tmp_path: Path) -> None:
    _, public = write_pair(tmp_path, "anna")
    with pytest.raises(UsageError, match="reason"):
        trust_key(BOSS, public, "Anna", why="  ")
    assert trust_of_this_pc().keys == ()


def test_that_the_matrix_of_rights_holds_for_keys(tmp_path: Path) -> None:
    users = Administration(secrets=Secrets(CHEAPEST))
    boss = Person("boss", Role.ADMINISTRATOR)
    users.add(BOSS, "boss", Role.ADMINISTRATOR, "a long password", why="first")
    _, public = write_pair(tmp_path, "anna")
    signed = a_file(tmp_path)
    for role in (Role.OPERATOR, Role.ENGINEER, Role.AUDITOR):
        users.add(boss, role.value, role, "another long password", why="x")
        person = Person(role.value, role)
        with pytest.raises(NotAllowedError):
            trust_key(person, public, "Anna", why="x")
        with pytest.raises(NotAllowedError):
            revoke_key(person, "Anna", why="x")
        with pytest.raises(NotAllowedError):
            new_key(person, "x", folder=tmp_path, why="x")
        if role is Role.ENGINEER:
            sign(person, signed, KEY, why="x")
        else:
            with pytest.raises(NotAllowedError):
                sign(person, signed, KEY, why="x")
    trust_key(boss, public, "Anna", why="x")
    with pytest.raises(NotAllowedError):
        sign(Person("nobody"), signed, KEY, why="x")


def test_that_a_revoked_key_is_never_trusted_again(tmp_path: Path) -> None:
    signer = a_signer(tmp_path)
    with pytest.raises(UsageError, match="trusted already"):
        trust_key(BOSS, signer.public, "Other", why="x")
    with pytest.raises(UsageError, match="0 trusted keys"):
        revoke_key(BOSS, "", why="x")
    revoked = revoke_key(BOSS, read_trusted(trusted_folder())[0].key[:8], why="x")
    assert revoked.revoked is not None
    with pytest.raises(UsageError, match="never trusted again"):
        trust_key(BOSS, signer.public, "Anna", why="x")
    with pytest.raises(UsageError, match="0 trusted keys"):
        revoke_key(BOSS, "Anna", why="x")
    assert trust_of_this_pc().required


def test_that_a_key_under_another_keys_name_is_no_trusted_key(tmp_path: Path) -> None:
    a_signer(tmp_path)
    path = next(trusted_folder().iterdir())
    document = json.loads(path.read_bytes())
    _, other = write_pair(tmp_path, "other")
    path.write_text(json.dumps({**document, "public": other.read_text()}))
    with pytest.raises(SignatureError, match="not the one that is named"):
        trust_of_this_pc()
    path.write_text(json.dumps(document))
    path.rename(path.with_name(f"{'0' * 64}.json"))
    with pytest.raises(SignatureError, match="another name"):
        trust_of_this_pc()


def test_that_the_commands_do_what_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECTOR_KEY_PASSPHRASE", PASSPHRASE)
    who = ["--who", "Anna", "--why", "because"]
    recipe = tmp_path / "washer.toml"
    recipe.write_text(recipe_text(tmp_path / "p"))
    assert main(["keys", "check", str(recipe)]) == 1
    assert "is not signed. Accepted here." in capsys.readouterr().out
    assert main(["keys", "new", "anna", "--folder", str(tmp_path), "--passphrase", *who]) == 0
    assert main(["keys", "trust", str(tmp_path / "anna.pub"), "--name", "Anna", *who]) == 0
    assert main(["keys", "check", str(recipe)]) == 1
    assert "is not signed. Refused here." in capsys.readouterr().out
    assert main(["keys", "sign", str(recipe), "--key", str(tmp_path / "anna.key"), *who]) == 0
    assert main(["keys", "check", str(recipe), "--json", str(tmp_path / "check.json")]) == 0
    said = json.loads((tmp_path / "check.json").read_bytes())
    assert (said["signer"], said["accepted"], said["subject"]) == ("Anna", True, "recipe")
    assert main(["keys", "list", "--json", str(tmp_path / "list.json")]) == 0
    listed = json.loads((tmp_path / "list.json").read_bytes())
    assert [(key["name"], key["revoked"]) for key in listed["keys"]] == [("Anna", None)]
    assert listed["required"] is True
    assert main(["keys", "revoke", "Anna", *who]) == 0
    assert main(["keys", "check", str(recipe)]) == 1
    assert main(["keys", "list"]) == 0
    assert "REVOKED" in capsys.readouterr().out
    monkeypatch.setenv("INSPECTOR_KEY_PASSPHRASE", "another one, wrong")
    assert main(["keys", "sign", str(recipe), "--key", str(tmp_path / "anna.key"), *who]) == 2


def test_that_trust_never_needs_more_than_it_says() -> None:
    """The settings decide; without one, whether a key was ever trusted, and a revoked one was."""
    key = TrustedKey(
        name="x", key=key_id_of(KEY.public_key()), public=_pem(), since="", trusted_by="", why="",
        revoked={"when": "", "who": "", "why": ""},
    )  # fmt: skip
    assert [Trust((), setting).required for setting in (None, True, False)] == [False, True, False]
    assert [Trust((key,), setting).required for setting in (None, True, False)] == [True, True, False]
    assert [Trust((), None).minded, Trust((), False).minded, Trust((key,), None).minded] == [False, True, True]


def _pem() -> str:
    from inspector.keyfiles import public_pem

    return public_pem(KEY.public_key())


def test_that_a_signature_names_its_moment_and_key() -> None:
    made = make_signature(KEY, SIGNED)
    assert made.key == key_id_of(KEY.public_key())
    assert Signature.model_validate_json(made.model_dump_json()) == made
