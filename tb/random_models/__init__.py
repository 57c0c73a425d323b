"""Seeded random packages for the regression, the campaigns and coverage."""
