"""Sphinx: the pages are MyST, the theme furo; built with -n -W, so a reference that leads nowhere is an error."""

project = "Jackfield"
author = "The Jackfield authors"
copyright = "2026, The Jackfield authors"  # noqa: A001 (Sphinx's own name)

extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "Jackfield"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings speak of types in words, and signatures are in the source
default_role = "literal"
