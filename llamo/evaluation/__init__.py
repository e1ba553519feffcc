"""Benchmarks, one small file each, with their controls."""
