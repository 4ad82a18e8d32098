"""What changes: one file per aggregate."""
