"""Reports: yield, Pareto, p chart and rejects by hour, on screen."""
