"""What the requantiser of somebody's chip can do, and whether a package fits it."""
