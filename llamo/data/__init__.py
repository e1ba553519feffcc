"""Labelled motion, and questions with answers made from it."""
