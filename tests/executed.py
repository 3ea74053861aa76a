"""A notebook run from the first cell to the last."""

import nbformat


def executed(path, folder):
    """The notebook with its outputs; it runs in ``folder``."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def last_table(notebook):
    """What the last cell of code shows, as text; a cell of prose follows it."""
    return notebook.cells[-2].outputs[0].data["text/plain"]
