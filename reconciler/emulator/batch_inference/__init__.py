"""The batch inference API: files, batches and the models that they may call."""
