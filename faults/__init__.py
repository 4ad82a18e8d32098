"""`make faults`: a campaign of faults against a running desk; nothing acknowledged may be lost, nothing may differ.

    make faults FAULTS=500           goes on where the file of its seed stopped
    make faults FAULTS=50 ARGS="--seed 7 --check-every 5"

Real processes, real clients, a seeded plan of faults, and a look at every database after each few of them.
docs/reliability.md says what is done, what is looked at, and what was found.
"""
