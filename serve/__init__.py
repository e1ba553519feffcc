"""Room for a demo, which holds no model logic."""
