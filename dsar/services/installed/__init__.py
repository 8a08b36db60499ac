"""What is installed and configured here: settings, sources, policy, staff."""
