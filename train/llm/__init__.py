"""Training around a pretrained language model, on transformers' Trainer: align, then instruct.

llamo train train/recipes/qwen2.5-7b.yaml --data questions.jsonl
"""
