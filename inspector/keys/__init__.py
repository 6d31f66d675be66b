"""Who vouches for a model package or a recipe, and whom this PC believes."""

from inspector.keys.signature import Signature, Signed, Subject
from inspector.keys.subjects import signed_package, signed_recipe
from inspector.keys.trust import Standing, Trust, trust_of_this_pc

__all__ = [
    "Signature",
    "Signed",
    "Standing",
    "Subject",
    "Trust",
    "signed_package",
    "signed_recipe",
    "trust_of_this_pc",
]
