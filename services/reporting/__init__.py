"""Reporting follows the ledger and makes the Cabinet update, the scrutiny view, dossiers and the narrative.

Every statement names the events it comes from. ``phrases/`` has a sentence for each event, as data. ``parts/`` counts
and compares several events. ``reports/`` defines and makes the three reports. ``pages.py`` shows them.
"""
