"""Interchange with other programs: one file per format, readers and writers alike. Nothing heavy is imported here."""
