"""A bounded memory of a stream of rows: an even sample of every picture, thinned to rows far apart.

PatchCore keeps the rows that lie farthest from all that are kept (k-centre greedy; Gonzalez 1985) of all rows there
are. That needs every row at once, one matrix-vector product per row kept, and keeps the outliers of good parts first.
Here each picture gives an even share of a bounded pool, so neither time per picture nor memory grows with the number of
pictures, and the farthest-first rule picks many rows between two matrix products.
"""

from __future__ import annotations

import torch

POOL = 20_000
"""Rows from which the memory is picked, over all pictures."""

_AT_ONCE = 64  # rows picked between two matrix products


class Pool:
    """Takes an even, random share of each picture's rows.

    Args:
        pictures: How many will come.
        rows: Most rows kept in all.
        seed: The same seed keeps the same rows.
    """

    def __init__(self, pictures: int, rows: int, seed: int) -> None:
        self._share = max(1, rows // max(pictures, 1))
        self._every = max(1, -(-pictures // rows))  # more pictures than rows: not every one gives a row
        self._most = -(-pictures // self._every) * self._share
        self._seed = seed
        self._rows = torch.empty(0)
        self._sources = torch.empty(self._most, dtype=torch.int64)
        self._filled = 0
        self.shown = 0

    def add(self, rows: torch.Tensor, picture: int) -> None:
        """Show rows (n, d) of the picture number `picture`."""
        self.shown += len(rows)
        if picture % self._every:
            return
        if self._filled == 0:  # one block for all: small ones kept between large ones passing through scatter the heap
            self._rows = torch.empty(self._most, rows.shape[1], device=rows.device)
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + picture)
        chosen = torch.randperm(len(rows), generator=generator)[: self._share]
        place = slice(self._filled, self._filled + len(chosen))
        self._rows[place], self._sources[place] = rows[chosen.to(rows.device)], picture
        self._filled += len(chosen)

    def contents(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the rows kept (m, d) and the picture that each came from (m,)."""
        return self._rows[: self._filled], self._sources[: self._filled]


def farthest_first(rows: torch.Tensor, count: int) -> torch.Tensor:
    """Return indices of at most `count` rows (n, d) such that every row lies near one of them.

    Begins with the row nearest to the mean; then, again and again, takes the rows farthest from all taken that also lie
    apart from each other. Deterministic; equal rows are taken once.
    """
    squares = (rows * rows).sum(1)
    first = int((squares - 2 * rows @ rows.mean(0)).argmin())
    taken = [first]
    far = _squared(rows, squares, rows[first : first + 1])
    same = 1e-6 * float(squares.mean())  # below it rows differ by rounding only
    while len(taken) < min(count, len(rows)):
        picked = _spread(rows, far, min(_AT_ONCE, count - len(taken)), same)
        if len(picked) == 0:
            break
        taken += picked.tolist()
        far = torch.minimum(far, _squared(rows, squares, rows[picked]))
    return torch.tensor(taken)


def _squared(rows: torch.Tensor, squares: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Return the squared distance of each row to the nearest of `others`, (n,)."""
    table = torch.addmm((others * others).sum(1), rows, others.T, alpha=-2.0)
    return (table.amin(1) + squares).clamp_(min=0)


def _spread(rows: torch.Tensor, far: torch.Tensor, most: int, same: float) -> torch.Tensor:
    """Return indices of up to `most` far rows, the farthest first, each still far once the others are taken."""
    candidates = torch.topk(far, min(4 * most, len(far))).indices
    own, left = rows[candidates], far[candidates].cpu()
    between = torch.cdist(own, own).square_().cpu()
    least = float(left[-1])
    picked: list[int] = []
    while len(picked) < most:
        best = int(left.argmax())
        # Beyond the last candidate, rows that are none lie farther.
        if float(left[best]) <= same or (
            picked and float(left[best]) < least
        ):  # others that are no candidates lie farther
            break
        picked.append(int(candidates[best]))
        left = torch.minimum(left, between[best])
        left[best] = -1.0
    return torch.tensor(picked, dtype=torch.int64, device=rows.device)
