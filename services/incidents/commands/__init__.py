"""What changes: one file per aggregate, and what they share (`places`, `work`)."""
