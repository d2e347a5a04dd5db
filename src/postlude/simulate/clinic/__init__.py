"""A synthetic clinic: the tables of the record for people who do not exist, with the truth written beside them."""
