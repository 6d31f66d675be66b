"""Which label an image out of the log has: what a person said of its part, as far as that names this view's class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from datasets.log_choice import Classes, says_defective
from inspector.types import Prediction, Record, RecordKind


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an image's class.

    Attributes:
        label: Said by a person; "" where nobody has said it: then the image waits for a reviewer.
        suggested: Offered to the reviewer; "" for nothing. Never a label.
        who: The person; "" without a label.
    """

    label: str
    suggested: str
    who: str = ""


def known_of(record: Record, view: str, word: Record | None, classes: Classes) -> Known:
    """Return label and suggestion for one view of an inspected part.

    A person's word is about the whole part. That it is good goes for every view; that it is defective names a class,
    and the view that shows it, only where there is one view and no other class to choose. What is left open is
    suggested.

    Args:
        record: The inspection.
        view: The image's.
        word: What a person said last; None where nobody did.
        classes: The data set's.
    """
    prediction = record.predictions.get(view)
    defective = says_defective(word, classes)
    named = word.truth if word is not None and word.kind is RecordKind.LABEL else ""
    if word is None or defective is None:
        return Known("", named or _likeliest(prediction, classes.every))
    among = [name for name in classes.every if (name not in classes.good) is defective]
    label = named or (among[0] if len(among) == 1 else "")
    if label and not (defective and len(record.images) > 1):
        return Known(label, label, word.who)
    return Known("", named or _likeliest(prediction, among))


def _likeliest(prediction: Prediction | None, among: Sequence[str]) -> str:
    """Return the most probable of these classes; "" where the model said nothing of them."""
    if prediction is None:
        return ""
    known = {name: prediction.probabilities[name] for name in among if name in prediction.probabilities}
    return max(known, key=known.__getitem__, default="")
