"""A procedural generator on this machine: no key, no network, no GPU, and no AI.

It understands colour words and a few moods; every other word only feeds the random numbers.
"""
