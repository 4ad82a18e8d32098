"""The mutations that matter: one fault each, put into a copy of the repository, and the tests that must catch it."""

from scripts.mutations.access import ACCESS
from scripts.mutations.crowds import CROWDS
from scripts.mutations.durability import DURABILITY
from scripts.mutations.field_sync import FIELD_SYNC
from scripts.mutations.model import Mutation
from scripts.mutations.regions import REGIONS
from scripts.mutations.rules import RULES
from scripts.mutations.voters import VOTERS

__all__ = ["MUTATIONS", "Mutation"]

MUTATIONS = (*DURABILITY, *REGIONS, *RULES, *CROWDS, *VOTERS, *FIELD_SYNC, *ACCESS)
