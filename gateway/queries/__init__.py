"""What the gateway can be asked; answers come from the projections alone."""
