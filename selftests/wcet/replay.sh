#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the frames of adversary.c take on the translated datapath, beside the
# bounds: see replay.py.
#
#   replay.sh [plain]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${O:-$here/../../build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/selftests/wcet/adversary" "$work/frames" "$@" >"$work/said"
"$here/worst_case" "$build/otseg.bpf.o" -j >"$work/bounds"
# What the test puts in the place of a figure, to see that it is looked at.
jq "${BOUNDS_FILTER:-.}" "$work/bounds" | "$here/replay.py" "$build/otseg.bpf.o" "$work/frames"
