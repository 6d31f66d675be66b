"""Cameras behind one protocol, the feed that keeps their frames fresh, and the triggers."""
