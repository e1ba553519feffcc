"""Recipes small enough for a test: every stage, a few steps each, on figures alone."""

from __future__ import annotations

TINY = """
name: tiny
packs: []
encoder:
  model: {width: 32, conv_layers: 1, attention_layers: 1, heads: 2}
  steps: 2
  batch_size: 4
  seconds: 3.0
pool: {sequences: 12, workers: 0}
instruct:
  model: {width: 32, heads: 2, num_viewpoints: 4}
  language_model:
    {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32}
  vocabulary: 400
  steps: 3
  clips_per_step: 4
align: {steps: 2}
"""
