"""Asking work tools what happened: pages, limits, tries, logins, cursors, for every connector."""
