"""What clerks, partners and the partnership's decisions ask projects to do. Importing the modules declares them."""

from __future__ import annotations

from services.projects.commands import document, measure, pilot, priority, problem, project, question
from services.projects.commands.declared import commands

__all__ = ["commands", "document", "measure", "pilot", "priority", "problem", "project", "question"]
