"""The law as it applies here: regimes, holiday calendars, and the clock of each ticket."""
