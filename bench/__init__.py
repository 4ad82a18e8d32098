"""`make bench`: the desk's measured goals, each a ratio of two things measured side by side in one run.

    make bench                       every figure, about half an hour, on a desk of its own
    make bench ARGS="--only durable_write_vs_echo --seconds 4 --rounds 2"

Prints a table and writes `bench/latest.json`. docs/performance.md says what each figure means and what limits it.
"""
