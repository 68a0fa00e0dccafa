"""Training: state, optimizer, step, sharding, checkpoint and the loop.

Networks, data and evaluators arrive as callables; nothing here knows them.
"""
