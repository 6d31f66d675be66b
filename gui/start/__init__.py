"""The pages before a station runs: begin, open a camera, prepare the demo."""
