"""What every verb stands on: the installation, who acts, seals, journal, pages of records."""
