"""`inspector keys`: who vouches for model packages and recipes, and whose word counts on this PC."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.commands.users import add_who_options
from inspector.jsonfile import add_json_option, write_json
from inspector.plugins import Command

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from inspector.keys import Signed

LIST_SCHEMA, CHECK_SCHEMA = "inspector.keys-list/1", "inspector.keys-check/1"
PASSPHRASE_VARIABLE = "INSPECTOR_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable


def add_key_option(parser: ArgumentParser, flag: str, *, required: bool) -> None:
    """Add the option that names the private key to sign with."""
    help_ = f"private key file; its passphrase is asked for, or taken from ${PASSPHRASE_VARIABLE}"
    parser.add_argument(flag, type=Path, metavar="FILE", required=required, help=help_)


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    new = actions.add_parser("new", help="make a pair of keys: NAME.key signs, NAME.pub is given to the stations")
    new.add_argument("name", help="of the two files")
    new.add_argument("--folder", type=Path, metavar="DIR", help="where (default: this PC's own keys)")
    new.add_argument("--passphrase", action="store_true", help="protect the private key with one, which is asked for")
    trust = actions.add_parser("trust", help="accept what this key signs from now on")
    trust.add_argument("public", type=Path, metavar="FILE.pub", help="the public key")
    trust.add_argument("--name", required=True, help="whose key it is")
    revoke = actions.add_parser("revoke", help="accept nothing more that this key signed")
    revoke.add_argument("key", metavar="KEY", help="its name, or the beginning of its id")
    sign = actions.add_parser("sign", help="vouch for a model package or a recipe")
    add_key_option(sign, "--key", required=True)
    check = actions.add_parser("check", help="tell who vouches for it; exit code 1 where nobody does")
    for each in (sign, check):
        each.add_argument("target", type=Path, metavar="TARGET", help="package or release folder, or recipe file")
    for each in (new, trust, revoke, sign):
        add_who_options(each)
    for each in (check, actions.add_parser("list", help="the keys that this PC trusts, and those that it trusted")):
        add_json_option(each)


def _run(options: Namespace) -> int:
    if options.action == "list":
        return _list(options)
    if options.action == "check":
        return _check(options)
    print(_change(options))
    return 0


def _change(options: Namespace) -> str:
    """Do what was asked for; return what is to be said of it."""
    from inspector.keys.deeds import new_key, revoke_key, sign, trust_key
    from inspector.people.console import person_of_console

    person, why = person_of_console(options.who), options.why
    match options.action:
        case "new":
            passphrase = _new_passphrase() if options.passphrase else ""
            private, public = new_key(person, options.name, folder=options.folder, passphrase=passphrase, why=why)
            return f"{private}: signs; keep it secret.\n{public}: is given to the stations (`inspector keys trust`)."
        case "trust":
            trusted = trust_key(person, options.public, options.name, why=why)
            return f"{trusted.name} ({trusted.key[:16]}): trusted; from now on what is not signed is refused."
        case "revoke":
            revoked = revoke_key(person, options.key, why=why)
            return (
                f"{revoked.name} ({revoked.key[:16]}): nothing that it signed is accepted any more. A running station "
                "goes on with what it has loaded: restart it."
            )
    signed = signed_target(options.target)
    made = sign(person, signed, open_key(options.key), why=why)
    return f"{signed.signature_file}: signed by the key {made.key[:16]}."


def signed_target(target: Path) -> Signed:
    """Return what a signature of a package, release (its champion) or recipe speaks of, verified whole.

    Raises:
        PackageError: It is no whole package.
        RecipeError: It is no recipe without mistakes.
    """
    from inspector.inference.package import open_package
    from inspector.keys import signed_package, signed_recipe
    from inspector.recipe import load_recipe

    return signed_recipe(load_recipe(target)) if target.is_file() else signed_package(open_package(target))


def open_key(path: Path) -> Ed25519PrivateKey:
    """Return a private key. Raises KeyFileError."""
    from inspector.keyfiles import read_private
    from inspector.people.console import ask_password

    given = os.environ.get(PASSPHRASE_VARIABLE)
    return read_private(path, lambda: ask_password(f"Passphrase of {path}: ") if given is None else given)


def _new_passphrase() -> str:
    import sys

    from inspector.errors import KeyFileError
    from inspector.people.console import ask_password

    given = os.environ.get(PASSPHRASE_VARIABLE)
    passphrase = ask_password("Passphrase: ") if given is None else given
    if given is None and sys.stdin.isatty() and ask_password("The same again: ") != passphrase:
        raise KeyFileError("These two differ.", cure="Run the command again.")
    if not passphrase:
        raise KeyFileError("The passphrase is empty.", cure="Leave --passphrase out for a key without one.")
    return passphrase


def _list(options: Namespace) -> int:
    from inspector.keys import trust_of_this_pc

    trust = trust_of_this_pc()
    if options.json:
        rows = [{**key.model_dump(mode="json", exclude={"schema_", "public"})} for key in trust.keys]
        write_json({"required": trust.required, "keys": rows}, options.json, schema=LIST_SCHEMA)
    if options.json != "-":
        for key in trust.keys:
            until = f"REVOKED {key.revoked.when} by {key.revoked.who}: {key.revoked.why}" if key.revoked else "trusted"
            print(f"{key.key[:16]}  {key.name:<24} since {key.since} by {key.trusted_by}  {until}")
        said = "Signatures are required" if trust.required else "Signatures are not required: whatever is there is used"
        print(f"{said}{'' if trust.setting is None else ' ([trust] require_signatures)'}.")
    return 0


def _check(options: Namespace) -> int:
    from inspector.keys import trust_of_this_pc

    trust, signed = trust_of_this_pc(), signed_target(options.target)
    found = trust.standing(signed)
    accepted = not found.problem or not trust.required
    if options.json:
        document = {
            "target": str(signed.shown),
            "subject": signed.subject.value,
            "hash": signed.hash,
            "signer": found.signer,
            "signed_at": found.signed_at,
            "problem": found.problem,
            "accepted": accepted,
        }
        write_json(document, options.json, schema=CHECK_SCHEMA)
    if options.json != "-":
        said = found.problem or f"{signed.shown}: signed by {found.signer} at {found.signed_at}."
        print(f"{said} {'Accepted here.' if accepted else 'Refused here.'}")
    return 1 if found.problem else 0


COMMAND = Command("keys that sign model packages and recipes, and whose word counts here", _configure, _run)
