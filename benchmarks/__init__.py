"""Quality and speed, measured: one command each, the peer beside us in the same run."""
