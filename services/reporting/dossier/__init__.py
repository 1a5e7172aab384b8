"""Dossiers: the trail of one decision, request or project, with its events and their proofs, for anybody to check.

``matter.py`` finds what belongs together; ``trail.py`` tells it step by step; ``archive.py`` packs page, events,
receipts and the program that checks them. It is told from what reporting has followed (ADR 6), by posts, not people.
"""
