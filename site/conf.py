"""Sphinx's settings for the course's site; `tools/site.py` lays out the pages and calls it."""

project = "The SimGAN course"
author = "The SimGAN course authors"
root_doc = "index"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
html_theme = "sphinx_book_theme"
html_title = project
html_show_copyright = False
html_theme_options = {
    "home_page_in_toc": True,
    "navbar_persistent": [],  # one place to search is enough
    "show_navbar_depth": 1,
    "use_download_button": False,
}
html_context = {"default_mode": "auto"}
html_static_path = ["static"]
html_css_files = ["course.css"]

nb_execution_mode = "off"  # what is committed is shown
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_heading_slug_func = "tools.lessons.anchor"

autodoc_default_options = {"members": True, "member-order": "bysource"}
default_role = "code"  # as docstrings have it in single backticks
suppress_warnings = [
    "myst.header",  # an exercise is a heading of the third level wherever it stands
]
