"""Reactions: declared rules over the marts that raise a statement once a case, and tell of it.

The rules that there are (`rules.py`), and which of them an organisation turned on and how
(`document.py`, a reactions.toml); when people work (`worktime.py`); what is said of a case
(`message.py`); how it is delivered (`delivery.py`) and when (`plan.py`); what was raised and
told (`memory.py`); and the part that goes round (`server.py`).
"""
