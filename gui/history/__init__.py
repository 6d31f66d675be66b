"""The page where a part is found again: search, the part itself, its reasoning, its proof, and a second judgement."""
