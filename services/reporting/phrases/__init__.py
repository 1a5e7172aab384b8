"""Phrases: the sentences for each event, as data in TOML, and the engine that makes statements from them.

``statements.py``: what a phrase becomes. ``values.py``: an event's fields, each by its type. ``engine.py``: Jinja.
"""
