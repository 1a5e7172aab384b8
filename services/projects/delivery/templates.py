"""Templates of stage plans: data that a project takes over, word for word, when it starts.

A project keeps the stages it started with, in its own history; changing a template here changes no project.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.projects.delivery import Stage

SEVEN_STEPS = (
    Stage(
        stage="step-1",
        title="Find and support key residents",
        description="Residents whom others trust are found, and form a steering group with front-line workers.",
    ),
    Stage(
        stage="step-2",
        title="Learn to work as one group",
        description="Workshops give the group its common ground; it plans how the neighbourhood is to be heard.",
    ),
    Stage(
        stage="step-3",
        title="Listen, and say what was heard",
        description="At an open event residents name what matters. They read the findings within ten days, and"
        " residents and agencies commit themselves to act on them.",
    ),
    Stage(
        stage="step-4",
        title="Found the partnership of residents and agencies",
        description="It has rules of its own, a place in the neighbourhood where anybody can come in, and ways to"
        " reach the others.",
    ),
    Stage(
        stage="step-5",
        title="Meet every month and show results",
        description="Residents hear each month what came of what they said; first successes bring in volunteers.",
    ),
    Stage(
        stage="step-6",
        title="Let new groups grow",
        description="Residents of all ages start activities of their own; agencies answer faster and are trusted.",
    ),
    Stage(
        stage="step-7",
        title="Stand firm",
        description="A few residents are employed to co-ordinate, and change in the neighbourhood can be measured.",
    ),
)
"""The seven-step community model (CAN-4), from finding residents to a partnership that they lead."""

TEMPLATES: Mapping[str, tuple[Stage, ...]] = {"seven-steps": SEVEN_STEPS}
