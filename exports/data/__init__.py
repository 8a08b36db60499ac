"""The data of a bundle: archive, JSON, CSV, attachments."""
