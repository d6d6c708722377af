"""Run a notebook and store its output in it: python scripts/run_notebook.py examples/tutorial.ipynb."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

path = Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute()
for cell in notebook.cells:
    cell.metadata.pop("execution", None)
notebook.metadata["language_info"] = {"name": "python"}  # no version, so that only what is shown changes
nbformat.write(notebook, path)
