"""How rows become the events of `contracts`."""
