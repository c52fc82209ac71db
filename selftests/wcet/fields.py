# SPDX-License-Identifier: GPL-2.0-only
"""
The lines of the files here: fields with a | between blanks between them, # begins
a comment, and a line that begins with a blank goes on with the one before.
"""
import re


def read_fields(path):
    """Yields file and number, and the fields, of each line."""
    place, whole = "", ""
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if text.startswith("#"):
                continue
            if not text[0].isspace():
                if whole.strip():
                    yield place, _split(whole)
                place, whole = f"{path}:{number}", ""
            whole += text.replace("\n", " ")
    if whole.strip():
        yield place, _split(whole)


def _split(text):
    return [" ".join(field.split()) for field in re.split(r"(?<!\S)\|(?!\S)", text)]
