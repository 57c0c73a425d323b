"""What a unit is, and which there are: data only, below everything that builds, simulates, proves or mutates units."""
