"""Finding, building and running simulators; knows no network."""
