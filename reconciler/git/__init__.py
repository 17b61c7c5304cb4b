"""The git checkout that holds the manifests: its commit, its history, what differs from it."""
