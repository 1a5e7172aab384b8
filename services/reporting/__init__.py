"""Reporting follows the ledger and tells councillors what happened: the Cabinet's update, and scrutiny's view.

Every sentence carries the events it comes from. What must be looked up or added up lies in ``views/``; ``history.py``
reads the facts themselves; ``cabinet/`` and ``scrutiny/`` say them in English; ``report.py`` is what is published.
"""
