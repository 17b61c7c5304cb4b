"""The typed client of the custom models API: its operations and what they answer."""
