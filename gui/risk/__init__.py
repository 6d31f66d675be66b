"""The page where the quality engineer states the risk that she accepts, and sees what it costs."""
