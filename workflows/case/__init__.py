"""The case library: what a procedure is written with."""

from workflows.case.answers import Answers
from workflows.case.case import Case
from workflows.case.interruptions import Lapsed
from workflows.case.procedure import procedure

__all__ = ["Answers", "Case", "Lapsed", "procedure"]
