"""Reviewing the labels of a data set: who said what of which image, and what of it stands."""
