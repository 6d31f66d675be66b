"""The review window: labels that can be trusted, cleared with the keyboard."""
