"""The parts of reports: the contents of a section, by phrase (``contents.py``), and what is counted or judged.

Importing the package declares the computed parts, by the names that definitions use.
"""

from services.reporting.parts import decisions, dossier, meetings, money, projects, requests, scrutiny, update

__all__ = ["decisions", "dossier", "meetings", "money", "projects", "requests", "scrutiny", "update"]
