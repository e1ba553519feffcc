"""Room for pictures of a motion and an answer."""
