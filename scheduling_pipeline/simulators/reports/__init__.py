"""A generator of the files that are dropped into the simulated SharePoint folder."""
