"""The case library, with which procedures are written."""

from workflows.case.answers import Answers
from workflows.case.binding import procedure
from workflows.case.collecting import Waived
from workflows.case.interruptions import DecidedBySilence, Lapsed
from workflows.case.procedure import Procedure

__all__ = ["Answers", "DecidedBySilence", "Lapsed", "Procedure", "Waived", "procedure"]
