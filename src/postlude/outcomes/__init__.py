"""An outcome study: its file and the tables of the record in, counts with honest denominators out."""
