"""What a person wrote in files, read strictly: settings, sources, policy; no session."""
