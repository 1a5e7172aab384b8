"""Reporting follows the ledger and says what happened: the Cabinet's update, scrutiny's view, dossiers, the narrative.

Every statement carries the events it comes from. ``phrases/`` says each event, as data; ``parts/`` adds up what several
amount to; ``reports/`` defines and makes the three reports; ``pages.py`` shows them.
"""
