"""Searches that know nothing of networks: they are given what to try and told what came of it."""
