"""What every room uses: command lines, errors, places, files. It imports nothing of ours."""
