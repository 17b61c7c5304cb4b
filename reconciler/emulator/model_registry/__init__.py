"""The model registry API: registered models, their versions and repositories."""
