"""Training around a pretrained language model: alignment and instruction tuning on transformers' Trainer.

llamo train train/recipes/qwen2.5-7b.yaml --data questions.jsonl
"""
