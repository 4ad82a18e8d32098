"""What can be asked: one thing by its id, how an election is arranged, and figures for the metrics. Lists are the gateway's."""
