"""The review desk: a small web app for what people decide. It writes decisions and requests to the database;
runs carry them out."""
