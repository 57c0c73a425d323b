"""`make fuzz`: damaged files at every door of the harness; each is refused in one line or means what it says."""
