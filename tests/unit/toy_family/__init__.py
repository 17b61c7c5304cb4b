"""A fifth API family, as small as one can be: notes with a title, a text and an owner."""
