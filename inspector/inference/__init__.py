"""Models: the protocol, the one preprocessing, one file per run-time, and the model package."""
