"""Reports by shift, day and product: pure functions from counts to figures, and their files."""
