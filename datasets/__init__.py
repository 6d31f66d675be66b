"""Data sets and their labels: manifest, importers, splits, export. No Qt, no torch."""
