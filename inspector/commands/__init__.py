"""Part of Inspector."""
