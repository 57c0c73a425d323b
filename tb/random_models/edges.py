"""Edge packages: each drives counters, addresses and numbers to where random packages hardly come.

They fit the hardware that they are made for: what is a limit of a counter is one on every array, and where the memories
of the hardware end first, they go as far as those. docs/regress.md lists them.
"""

from t2c.tb.random_models import edges_numbers, edges_tiles, edges_windows
from t2c.tb.random_models.edge import EDGES, Edge

__all__ = ["EDGES", "Edge", "edges_numbers", "edges_tiles", "edges_windows"]
