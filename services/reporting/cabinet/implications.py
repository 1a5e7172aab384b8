"""6.1 to 6.9: what the update means under each heading, and "None" where nothing was stated (CAN-1)."""

from __future__ import annotations

from services.reporting.english import sentence
from services.reporting.history import Fact, History
from services.reporting.statements import Part, Statement, nothing, say
from shared.contracts.meetings import Implication, ImplicationStated, UpdateCommissioned

TITLES = {
    Implication.FINANCIAL: "Financial",
    Implication.LEGAL: "Legal",
    Implication.HUMAN_RESOURCES: "Human resources",
    Implication.SECTION_17: "Section 17 (crime prevention)",
    Implication.HUMAN_RIGHTS: "Human Rights Act",
    Implication.DATA_PROTECTION: "Data protection",
    Implication.RISK_MANAGEMENT: "Risk management",
    Implication.EQUALITY_AND_DIVERSITY: "Equality and diversity",
    Implication.BEST_VALUE: "Best value",
}


def implications(history: History, update: Fact[UpdateCommissioned]) -> Part:
    """A part for each heading, in the order of the contract."""
    # What was stated last under a heading stands; it belongs to the update whenever it was stated.
    stated = {fact.what.heading: fact for fact in history.ever(ImplicationStated, update=update.what.update)}

    def under(heading: Implication) -> Statement:
        fact = stated.get(heading)
        return say(sentence(fact.what.text), fact) if fact else nothing("None", update)

    return Part("Implications", parts=tuple(Part(TITLES[heading], (under(heading),)) for heading in Implication))
