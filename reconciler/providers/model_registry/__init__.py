"""The provider of the model registry: models that other pipelines made, read and checked."""
