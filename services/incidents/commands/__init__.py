"""What changes: one file per aggregate, what the work on all of them shares (`cases`), and what is looked up (`places`)."""
