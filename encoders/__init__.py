"""Encoders that stay frozen, the features they read, and the enhancer (section 3.1)."""
