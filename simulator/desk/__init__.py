"""How the desk is spoken to: connections, tokens, retries and the clock of a rehearsal. It knows nothing of elections."""
