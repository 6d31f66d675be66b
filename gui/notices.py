"""Words of faults and cautions: what happened, and the next step. One table for the two bands."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from inspector.events import Caution, CautionCode, Fault, FaultCode

Notice = Fault | Caution
"""What a band can tell."""
Code = FaultCode | CautionCode

FAULT_ORDER = (
    FaultCode.INTERNAL,
    FaultCode.STORE,
    FaultCode.DISK,
    FaultCode.MODEL,
    FaultCode.RECIPE,
    FaultCode.OUTPUT,
    FaultCode.CAMERA,
)
"""Which fault is told first when several hold."""
CAUTION_ORDER = (
    CautionCode.CAMERA_SICK,
    CautionCode.GUARANTEE,
    CautionCode.PARTS_WORSE,
    CautionCode.RELEASE,
    CautionCode.SIGNATURE,
    CautionCode.PICTURES,
    CautionCode.RECORD,
    CautionCode.CENTRE,
    CautionCode.CLOCK,
    CautionCode.DEVICE,
)
"""Which caution is told first: a sick camera explains the others."""


def goes_on(notice: Notice) -> bool:
    """Return whether parts are still inspected and released under it: a caution, or a setting that was not taken."""
    return isinstance(notice, Caution) or notice.code is FaultCode.RECIPE


def notice_title(code: Code) -> str:
    """Return what happened, in a few words."""
    titles: dict[Code, str] = {
        FaultCode.CAMERA: QCoreApplication.translate("Faults", "The camera gives no picture"),
        FaultCode.MODEL: QCoreApplication.translate("Faults", "The model cannot judge"),
        FaultCode.DISK: QCoreApplication.translate("Faults", "The disk is full"),
        FaultCode.STORE: QCoreApplication.translate("Faults", "Decisions cannot be recorded"),
        FaultCode.RECIPE: QCoreApplication.translate("Faults", "The recipe cannot be used"),
        FaultCode.OUTPUT: QCoreApplication.translate("Faults", "The reject gate does not answer"),
        FaultCode.INTERNAL: QCoreApplication.translate("Faults", "The program made a mistake"),
        CautionCode.CAMERA_SICK: QCoreApplication.translate("Cautions", "The camera is sick"),
        CautionCode.PARTS_WORSE: QCoreApplication.translate("Cautions", "The parts have become worse"),
        CautionCode.GUARANTEE: QCoreApplication.translate("Cautions", "The guarantee does not hold"),
        CautionCode.RELEASE: QCoreApplication.translate("Cautions", "A model package could not be put to work"),
        CautionCode.SIGNATURE: QCoreApplication.translate("Cautions", "Model or recipe is not signed"),
        CautionCode.PICTURES: QCoreApplication.translate("Cautions", "Pictures of parts are no longer kept"),
        CautionCode.RECORD: QCoreApplication.translate("Cautions", "The record's proof is not kept elsewhere"),
        CautionCode.CENTRE: QCoreApplication.translate("Cautions", "The centre cannot be reached"),
        CautionCode.CLOCK: QCoreApplication.translate("Cautions", "The PC's clock jumped"),
        CautionCode.DEVICE: QCoreApplication.translate("Cautions", "The usual processor failed, the CPU judges"),
    }
    return titles[code]


def notice_step(code: Code) -> str:
    """Return the next step for the operator."""
    steps: dict[Code, str] = {
        FaultCode.CAMERA: QCoreApplication.translate(
            "Faults", "Check the camera's cable and power. The station reconnects by itself."
        ),
        FaultCode.MODEL: QCoreApplication.translate(
            "Faults", "Stop and start the station (F5). If it comes again, call the engineer."
        ),
        FaultCode.DISK: QCoreApplication.translate("Faults", "Free disk space; the station goes on by itself."),
        FaultCode.STORE: QCoreApplication.translate(
            "Faults", "Check the disk that holds the log. The station goes on by itself."
        ),
        FaultCode.RECIPE: QCoreApplication.translate("Faults", "Open another recipe, or call the engineer."),
        FaultCode.OUTPUT: QCoreApplication.translate("Faults", "Check the reject gate and its connection."),
        FaultCode.INTERNAL: QCoreApplication.translate(
            "Faults", "Restart the station (F5) and report the message below."
        ),
        CautionCode.CAMERA_SICK: QCoreApplication.translate(
            "Cautions", "Clean lens and lamp; check focus, mounting and light. The parts need not be bad."
        ),
        CautionCode.PARTS_WORSE: QCoreApplication.translate(
            "Cautions", "The picture is in order. Look at the last rejects, and check tool and material."
        ),
        CautionCode.GUARANTEE: QCoreApplication.translate(
            "Cautions", "The accepted risk is no longer proven. Call the quality engineer."
        ),
        CautionCode.RELEASE: QCoreApplication.translate(
            "Cautions", "The package before goes on judging. Call the engineer."
        ),
        CautionCode.SIGNATURE: QCoreApplication.translate(
            "Cautions", "Nobody vouches for it. Have an engineer check and sign it."
        ),
        CautionCode.PICTURES: QCoreApplication.translate(
            "Cautions", "Every decision is still recorded. Free disk space, or change how long pictures are kept."
        ),
        CautionCode.RECORD: QCoreApplication.translate(
            "Cautions", "The record itself is safe. Check the shared folder or the syslog server."
        ),
        CautionCode.CENTRE: QCoreApplication.translate(
            "Cautions", "Nothing is lost: the records wait here and are sent later. Check the network."
        ),
        CautionCode.CLOCK: QCoreApplication.translate(
            "Cautions", "Order and deadlines are not affected. Check the PC's time service."
        ),
        CautionCode.DEVICE: QCoreApplication.translate(
            "Cautions", "Verdicts stay right; late parts are rejected. Restart the PC at the end of the shift."
        ),
    }
    return steps[code]
