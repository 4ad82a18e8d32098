"""What the registry takes in beside requests: uploaded files, row by row. It takes no events of other services in."""
