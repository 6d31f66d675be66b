"""A bounded memory that covers every row it was ever shown: k-centre selection over a stream, in matrix products.

The farthest-first rule (Gonzalez 1985) picks rows far from all that are kept. Over a stream, a row is kept when
it lies farther from the memory than a radius; when the memory is full the radius grows and rows that have come to
lie within it of each other are thinned out (the doubling idea of Charikar et al. 1997). So a rare but good place
seen in a single picture is kept, which a random sample of the rows would miss, and neither time per row nor
memory depends on how many rows there were. Deterministic: the order of the rows decides.
"""

from __future__ import annotations

import torch

_GROWTH = 1.15  # of the radius, each time that the memory is full
_AT_ONCE = 64  # rows picked between two matrix products
_ROUNDING = 1e-6  # of the rows' mean square
_CHUNK = 4096  # rows compared with the memory at once


def nearest(rows: torch.Tensor, memory: torch.Tensor, squares: torch.Tensor | None = None) -> torch.Tensor:
    """Return the squared distance of each row (n, d) to its nearest row of the memory (m, d), (n,)."""
    own = (memory * memory).sum(1) if squares is None else squares
    found = [
        torch.addmm(own, chunk, memory.T, alpha=-2.0).amin(1) + (chunk * chunk).sum(1)
        for chunk in torch.split(rows, _CHUNK)
    ]
    return torch.cat(found).clamp_(min=0)


class StreamingCoreset:
    """Keeps at most `size` rows such that every row shown lies near one of them.

    Args:
        size: Most rows kept.
        dimensions: Numbers per row.
        device: Where the rows lie and are compared.

    Attributes:
        radius: Squared distance within which rows count as the same place.
        shown: Rows seen so far.
    """

    def __init__(self, size: int, dimensions: int, device: torch.device) -> None:
        self._size = size
        self._rows = torch.empty(0, dimensions, device=device)
        self._sources = torch.empty(0, dtype=torch.int64)
        self.radius = 0.0
        self.shown = 0

    @property
    def rows(self) -> torch.Tensor:
        """What is kept, (m, d)."""
        return self._rows

    @property
    def sources(self) -> torch.Tensor:
        """Which picture each kept row came from, (m,)."""
        return self._sources

    def add(self, rows: torch.Tensor, source: int) -> None:
        """Show rows (n, d) of the picture number `source`."""
        self.shown += len(rows)
        if len(self._rows) == 0:
            self._keep(rows[:1], source)
            self.radius = _ROUNDING * float((rows * rows).sum(1).mean())  # below it rows differ by rounding only
        far = nearest(rows, self._rows)
        while float(far.max()) > self.radius:
            picked = _spread(rows, far, self.radius)
            self._keep(rows[picked], source)
            far = torch.minimum(far, nearest(rows, rows[picked]))
            if len(self._rows) > self._size:
                self._thin()
                far = nearest(rows, self._rows)

    def _keep(self, rows: torch.Tensor, source: int) -> None:
        self._rows = torch.cat([self._rows, rows.clone()])
        self._sources = torch.cat([self._sources, torch.full((len(rows),), source, dtype=torch.int64)])

    def _thin(self) -> None:
        """Grow the radius until the memory fits again."""
        while len(self._rows) > self._size:
            self.radius = max(self.radius * _GROWTH, self._usual_distance())
            kept = _apart(self._rows, self.radius)
            self._rows, self._sources = self._rows[kept], self._sources[kept]

    def _usual_distance(self) -> float:
        """Return a squared distance that one in ten kept rows has to its nearest neighbour."""
        distances = torch.cdist(self._rows, self._rows).square_()
        distances.fill_diagonal_(float("inf"))
        return float(distances.amin(1).quantile(0.1))


def _spread(rows: torch.Tensor, far: torch.Tensor, radius: float) -> torch.Tensor:
    """Return indices of rows beyond the radius that also lie apart from each other, the farthest first."""
    candidates = torch.topk(far, min(4 * _AT_ONCE, len(far))).indices
    candidates = candidates[far[candidates] > radius]
    own, left = rows[candidates], far[candidates].cpu()
    between = torch.cdist(own, own).square_().cpu()
    picked: list[int] = []
    limit = max(radius, float(left[-1]) if len(left) == 4 * _AT_ONCE else 0.0)
    for _ in range(_AT_ONCE):
        best = int(left.argmax())
        if picked and float(left[best]) <= limit:
            break
        picked.append(int(candidates[best]))
        left = torch.minimum(left, between[best])
    return torch.tensor(picked)


def _apart(rows: torch.Tensor, radius: float) -> torch.Tensor:
    """Return indices of rows, in order, of which no two lie within the squared radius."""
    free = torch.ones(len(rows), dtype=torch.bool)
    kept: list[int] = []
    squares = (rows * rows).sum(1)
    for start in range(0, len(rows), 512):
        block = torch.arange(start, min(start + 512, len(rows)))
        close = ((squares[block, None] - 2 * rows[block] @ rows.T + squares) <= radius).cpu()
        for offset, index in enumerate(block.tolist()):
            if free[index]:
                kept.append(index)
                free &= ~close[offset]
    return torch.tensor(kept)
