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
        description="Trusted residents are found, and form a steering group with front-line workers.",
    ),
    Stage(
        stage="step-2",
        title="Work as one group",
        description="Workshops build the group's skills and common ground. It plans an event at which to listen to"
        " the community.",
    ),
    Stage(
        stage="step-3",
        title="Listen to the community",
        description="Residents say at an open event what matters to them. They get the findings within ten days,"
        " and residents and agencies commit themselves to act on them.",
    ),
    Stage(
        stage="step-4",
        title="Set up the partnership of residents and agencies",
        description="It has its own constitution, a base in the neighbourhood that is easy to reach, and clear ways"
        " to keep in touch with the community.",
    ),
    Stage(
        stage="step-5",
        title="Meet every month and show results",
        description="Residents hear every month what has been done. Early successes attract volunteers.",
    ),
    Stage(
        stage="step-6",
        title="New groups and activities",
        description="Residents of all ages start activities of their own. Agencies respond faster and gain trust.",
    ),
    Stage(
        stage="step-7",
        title="A lasting partnership",
        description="A few residents are employed to co-ordinate activities, and change in the neighbourhood can be"
        " measured.",
    ),
)
"""The seven-step community model (CAN-4), from finding residents to a partnership that they lead."""

TEMPLATES: Mapping[str, tuple[Stage, ...]] = {"seven-steps": SEVEN_STEPS}
