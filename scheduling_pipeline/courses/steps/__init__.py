"""The steps of a refresh of the catalogue: each brings a table or two to what the files say."""
