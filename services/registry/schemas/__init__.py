"""What callers send and what they get: one file per aggregate."""
