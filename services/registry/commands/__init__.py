"""What changes: lock, ask the rules, change rows, emit, return."""
