"""Batch inference: an API of files and batches as OpenAI has it, and kind ``BatchInference``."""
