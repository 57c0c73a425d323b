"""What benches are made of: drivers, monitors, scoreboard, stalls, bins."""
