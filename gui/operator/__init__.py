"""The operator at the line: the judged part, the verdict, and what a person can do about it."""
