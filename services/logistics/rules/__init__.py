"""Yes or no, with code and citation; pure functions, one file per aggregate."""
