"""Why an image is in its queue, as a sentence in the window's language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datasets.audit import QueueItem
from gui.review.class_map import split_word
from gui.texts import QT_TRANSLATE_NOOP, class_word, percent, translate

_WHY = {
    "conflict": QT_TRANSLATE_NOOP("Why", "Reviewers differ ({said}); a third one decides with a class key."),
    "from_log_missed": QT_TRANSLATE_NOOP("Why", "Station {station} passed part {serial}; a person calls it defective."),
    "from_log_overridden": QT_TRANSLATE_NOOP(
        "Why", "A person changed the verdict of station {station}: part {serial}."
    ),
    "from_log_review": QT_TRANSLATE_NOOP("Why", "Station {station} asked for a person: part {serial}."),
    "from_log_drifted": QT_TRANSLATE_NOOP("Why", "The line had changed when station {station} judged part {serial}."),
    "from_log_error": QT_TRANSLATE_NOOP("Why", "Station {station} gave no verdict: part {serial}."),
    "from_log_pass": QT_TRANSLATE_NOOP("Why", "Drawn at random from what station {station} passed: part {serial}."),
    "label_error": QT_TRANSLATE_NOOP("Why", "To models that did not see it, it looks like {suggested} ({likely})."),
    "label_doubt": QT_TRANSLATE_NOOP("Why", "{suggested} is a little likelier ({likely}) than {given} ({own})."),
    "disagree_defect": QT_TRANSLATE_NOOP("Why", "The model says {suggested}: another verdict (defect score {score})."),
    "disagree_class": QT_TRANSLATE_NOOP("Why", "The model says {suggested} (defect score {score})."),
    "near_threshold": QT_TRANSLATE_NOOP("Why", "Defect score {score}: between PASS and FAIL."),
    "near_half": QT_TRANSLATE_NOOP("Why", "Defect score {score}: as likely good as defective."),
    "override_missed": QT_TRANSLATE_NOOP("Why", "Passed by station {station}, and defective: part {serial}."),
    "override_overridden": QT_TRANSLATE_NOOP(
        "Why", "A person changed the verdict of station {station}: part {serial}."
    ),
    "outlier": QT_TRANSLATE_NOOP(
        "Why", "Unlike anything in train: {times} times the usual distance to its neighbours."
    ),
    "leakage": QT_TRANSLATE_NOOP("Why", "Leakage: the same picture stands in {split} and in {other_split}: {other}."),
    "leakage_other_label": QT_TRANSLATE_NOOP(
        "Why", "Leakage: the same picture stands in {split} and, labelled {other_label}, in {other_split}: {other}."
    ),
    "twice_in_split": QT_TRANSLATE_NOOP("Why", "The same picture stands twice in {split}: {other}."),
    "twice_in_split_other_label": QT_TRANSLATE_NOOP(
        "Why", "The same picture stands twice in {split}, also labelled {other_label}: {other}."
    ),
    "rare_class": QT_TRANSLATE_NOOP("Why", "{given} has {count} of {of} images: each label weighs much."),
    "random": QT_TRANSLATE_NOOP("Why", "Random sample, {rank} of {size}: an honest estimate of the wrong labels."),
}


def why_words(item: QueueItem) -> str:
    """Return why an image is in its queue; a kind that is unknown here keeps the audit's English sentence."""
    template = _WHY.get(item.kind)
    if template is None:
        return item.reason
    try:
        return translate("Why", template).format(**_shown(item.values))
    except (KeyError, ValueError):  # an audit of another version filled other values in
        return item.reason


def _shown(values: Mapping[str, str | float]) -> dict[str, str]:
    """Return the values as people read them; the defect score is `score`."""
    shown: dict[str, str] = {}
    for name, value in values.items():
        match name:
            case "given" | "suggested" | "label" | "other_label":
                shown[name] = class_word(str(value))
            case "split" | "other_split":
                shown[name] = split_word(str(value))
            case "likely" | "own":
                shown[name] = percent(float(value))
            case "defect_score":
                shown["score"] = f"{float(value):.2f}"
            case "times":
                shown[name] = f"{float(value):.1f}"
            case "other":
                shown[name] = Path(str(value)).name
            case _:
                shown[name] = str(value)
    return shown
