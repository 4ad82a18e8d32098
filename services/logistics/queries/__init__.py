"""What is read: one file per aggregate."""
