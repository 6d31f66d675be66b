"""Watching the line itself: image health and drift. Pure functions and small sequential detectors."""
