"""The core of Inspector: cameras, inference, decisions and the record. No Qt, no training code."""

__version__ = "0.1.0"
