#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The inspected services, a line for each: name, identifier, and that of the family
# whose inspector it shares.
set -euo pipefail

"${CC:-cc}" -E -P "$(dirname "$0")/services.h" |
	grep -oE 'INSPECTED "[^"]+" [A-Z0-9_]+ [A-Z0-9_]+' |
	sed 's/^INSPECTED "\([^"]*\)"/\1/'
