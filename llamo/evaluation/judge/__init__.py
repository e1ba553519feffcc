"""Judges: who decides where no rule can, what they are asked, and what they replied."""
