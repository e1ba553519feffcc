"""Pictures of a motion and an answer."""
