# SPDX-License-Identifier: GPL-2.0-only
"""
Which ways through the program are asked about, and what each may cost at most.
"""
import fnmatch

from fields import read_fields
from path import METRICS


class EntriesError(Exception):
    """A line that cannot be read."""


class Entry:
    """
    The paths that call none of the functions @without, where @settings take the place
    of constants of the source. A word of @without may be a pattern of names; one with !
    before it is called all the same.
    """

    def __init__(self, name, why, without=(), settings=None):
        self.name, self.why = name, why
        self.without, self.settings = tuple(without), settings or {}
        self.called = [word[1:] for word in self.without if word.startswith("!")]

    def leaves_out(self, names):
        """Those of @names that are not called; each word has to fit one."""
        found, unknown = set(), []
        for word in self.without:
            fits = fnmatch.filter(names, word.lstrip("!"))
            found.update(() if word.startswith("!") else fits)
            unknown += [] if fits else [word.lstrip("!")]
        if unknown:
            raise EntriesError(f"no such function: {', '.join(sorted(unknown))}")
        return found - set(self.called)


def _lines(path, fields):
    for place, words in read_fields(path):
        if len(words) != fields:
            raise EntriesError(f"{place}: {fields} fields are needed, not {len(words)}")
        yield place, words


def read_entries(path):
    """name | functions that are not called | NAME=VALUE... | why"""
    entries = []
    for place, (name, without, settings, why) in _lines(path, 4):
        try:
            pairs = dict(word.split("=", 1) for word in settings.split())
        except ValueError:
            raise EntriesError(f"{place}: '{settings}' is not NAME=VALUE") from None
        entries.append(Entry(name, why, without.split(), pairs))
    return entries


def read_budgets(path):
    """name | METRIC=MOST..."""
    budgets = {}
    for place, (name, figures) in _lines(path, 2):
        budgets[name] = {}
        for word in figures.split():
            metric, _, most = word.partition("=")
            if metric not in METRICS or not most.isdigit():
                raise EntriesError(f"{place}: '{word}' is not one of {', '.join(METRICS)} "
                                   "with a number")
            budgets[name][metric] = int(most)
    return budgets
