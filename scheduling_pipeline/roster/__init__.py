"""The field roster: who works which event and when, proposed, reviewed, and only then submitted."""
