"""Several simulated entities for a state machine: `world` runs the real nodes, `model` predicts what they may do."""
