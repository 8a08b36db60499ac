"""The ticket's machine and its one door: events, tasks owed, what follows by itself."""
