"""Loads what the days need: the election with its contests, the TPS, their hazards and their officers."""
