"""Where the templates of pages, letters and reports live."""

from pathlib import Path

FOLDER = Path(__file__).parent
