"""Meetings: agendas, attendance, quorum, interests, decisions, actions, minutes, and updates to outside bodies."""
