"""Whether this PC accepts a package or recipe: asked wherever one is about to judge parts."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.errors import SignatureError, UntrustedPackageError, UntrustedRecipeError
from inspector.keys.signature import Signature, Signed, Subject, read_signatures
from inspector.keys.trusted import TrustedKey, read_trusted, trusted_folder
from inspector.settings import read_settings

_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """Who vouches for something.

    Attributes:
        signer: Name of the trusted key that signed it; "" where none did.
        signed_at: When, by the signer's clock.
        problem: Why nobody's word counts, a sentence; "" where somebody's does.
    """

    signer: str = ""
    signed_at: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word counts on this PC.

    Attributes:
        keys: Every key that was ever trusted.
        setting: `[trust] require_signatures`; None where absent.
    """

    keys: tuple[TrustedKey, ...] = ()
    setting: bool | None = None

    @property
    def required(self) -> bool:
        """Whether what nobody vouches for is refused. Revoking the last key does not open the door again."""
        return bool(self.keys) if self.setting is None else self.setting

    @property
    def minded(self) -> bool:
        """Whether anybody has thought of signatures here; before that, a caution about them would always stand."""
        return bool(self.keys) or self.setting is not None

    def standing(self, signed: Signed) -> Standing:
        """Return who vouches for something."""
        if signed.strangers:
            told = ", ".join(signed.strangers[:_MOST_TOLD]) + (", …" if len(signed.strangers) > _MOST_TOLD else "")
            return Standing(problem=f"{signed.shown}: holds files that its card does not name: {told}.")
        try:
            found = read_signatures(signed)
        except SignatureError as error:
            return Standing(problem=error.message)
        said = [self._word_of(signature, signed) for signature in found]
        good = next((each for each in said if each.signer), None)
        if good is not None:
            return good
        return said[0] if said else Standing(problem=f"{signed.shown}: is not signed.")

    def require(self, signed: Signed) -> Standing:
        """Return who vouches for something.

        Raises:
            UntrustedPackageError: Nobody does, and this PC asks for it.
            UntrustedRecipeError: The same of a recipe.
        """
        found = self.standing(signed)
        if found.problem and self.required:
            refusal = UntrustedRecipeError if signed.subject is Subject.RECIPE else UntrustedPackageError
            raise refusal(f"{found.problem} This PC accepts signed ones only.", cure=cure(signed))
        return found

    def _word_of(self, signature: Signature, signed: Signed) -> Standing:
        key = next((key for key in self.keys if key.key == signature.key), None)
        if key is None:
            return Standing(problem=f"{signed.shown}: is signed by a key that is not trusted ({signature.key[:16]}).")
        if not signature.is_by(key.public_key, signed):
            return Standing(
                problem=f"{signed.shown}: is not what {key.name} signed: it was altered, or the signature was."
            )
        if key.revoked is not None:
            return Standing(
                problem=f"{signed.shown}: is signed by {key.name}, whose key was revoked at {key.revoked.when}."
            )
        return Standing(key.name, signature.signed_at)


def cure(signed: Signed) -> str:
    """Return what a person can do about something that nobody vouches for."""
    if signed.strangers:
        return "Remove those files, or copy the package again from where it was trained."
    return (
        f"Let somebody whom this PC trusts look at it and sign it: `inspector keys sign {signed.shown} --key FILE`; "
        "`inspector keys list` tells who is trusted."
    )


def trust_of_this_pc() -> Trust:
    """Return whose word counts on this PC now; read anew each time, so that a revocation counts at once.

    Raises:
        SignatureError: The trusted keys cannot be read: then nothing is accepted.
        SettingsError: The settings cannot be read.
    """
    return Trust(read_trusted(trusted_folder()), read_settings().trust.require_signatures)
