"""Each command of the simulated days as a request of the public API. Pure, but for what has to be looked up first."""
