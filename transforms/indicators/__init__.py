"""Published indicators: what was printed, and whether it follows from the figures printed beside it."""
