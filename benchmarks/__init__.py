"""Speed, side by side with the peer in one run, as ratios. No package imports this, and nothing of it is installed."""
