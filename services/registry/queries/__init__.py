"""What the registry can be asked: one thing by its name. Lists and totals are the gateway's."""
