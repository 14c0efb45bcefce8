"""Figures of KPIs over HTTP."""
