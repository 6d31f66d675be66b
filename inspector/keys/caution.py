"""What a station says of signatures: it refuses, or it tells a caution that stays until somebody has signed."""

from __future__ import annotations

from inspector.alarms import Cautions
from inspector.errors import SettingsError, SignatureError
from inspector.events import Caution, CautionCode
from inspector.inference.package import Package
from inspector.keys.signature import Signed
from inspector.keys.subjects import signed_package, signed_recipe
from inspector.keys.trust import Trust, cure, trust_of_this_pc
from inspector.recipe import Recipe


class SignatureCautions:
    """Tells of what nobody vouches for where this PC lets it judge all the same.

    Where nobody ever trusted a key or set `[trust]`, nothing is told: a caution that always stands is soon not seen.

    Args:
        recipe: In force.
        cautions: Where it is told.
    """

    def __init__(self, recipe: Recipe, cautions: Cautions) -> None:
        self._recipe = recipe
        self._cautions = cautions

    def begin(self) -> None:
        """Refuse a recipe that nobody vouches for, or tell of it.

        Raises:
            UntrustedRecipeError: This PC asks for signatures, and the recipe has none that counts.
            SignatureError: The trusted keys cannot be read.
            SettingsError: The settings cannot be read.
        """
        trust, signed = trust_of_this_pc(), signed_recipe(self._recipe)
        trust.require(signed)
        self._tell(trust, signed, str(self._recipe.path))

    def package(self, package: Package) -> None:
        """Tell of the package that judges from now on; it was accepted when it was loaded. Never stops the line."""
        signed, source = signed_package(package), str(self._recipe.content.model.package)
        try:
            self._tell(trust_of_this_pc(), signed, source)
        except (SignatureError, SettingsError) as error:
            self._cautions.tell(Caution(CautionCode.SIGNATURE, source, error.message, error.cure))

    def _tell(self, trust: Trust, signed: Signed, source: str) -> None:
        found = trust.standing(signed)
        if found.problem and trust.minded:
            self._cautions.tell(Caution(CautionCode.SIGNATURE, source, found.problem, cure(signed)))
        else:
            self._cautions.clear(CautionCode.SIGNATURE, source)
