"""The case library: what a procedure is written with."""

from workflows.case.answers import Answers
from workflows.case.interruptions import DecidedBySilence, Lapsed
from workflows.case.procedure import Procedure, procedure

__all__ = ["Answers", "DecidedBySilence", "Lapsed", "Procedure", "procedure"]
