"""Files that arrive in a SharePoint folder: listed, fetched, verified, kept, parsed, loaded, each once."""
