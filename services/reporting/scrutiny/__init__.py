"""Scrutiny's view: how decisions were made, where the money is, what is overdue, what was put off."""

from __future__ import annotations

from collections.abc import Callable

from services.reporting.scrutiny.decisions import decisions
from services.reporting.scrutiny.inquiry import NamesOfPeople, ScrutinyScope, inquire
from services.reporting.scrutiny.standing import deferred_matters, money_by_stream, overdue_actions
from services.reporting.statements import Part

SECTIONS: tuple[Callable[[ScrutinyScope], Part], ...] = (decisions, money_by_stream, overdue_actions, deferred_matters)

__all__ = ["SECTIONS", "NamesOfPeople", "ScrutinyScope", "inquire"]
