"""People who do not exist, what Postlude tells them, and how often that is too much. Chance comes from a seed alone."""
