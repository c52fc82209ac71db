#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The messages that an independent implementation makes are those of the suite: every
# line that <service>/generate prints stands in <service>/messages.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

all_there()
{
	grep -vxFf "$1/messages" "$work/lines" && return 1
	[[ -s $work/lines ]]
}

generators=("$here"/*/generate)
ktap_begin "${#generators[@]}"
for generator in "${generators[@]}"; do
	folder=${generator%/*}
	code=0
	"$generator" >"$work/lines" 2>"$work/said" || code=$?
	if ((code == 4)); then
		ktap_skip "${folder##*/}" "$(tail -n 1 "$work/said" | sed 's/^# SKIP //')"
	elif ((code)); then
		ktap_note "$(<"$work/said")"
		ktap_result 1 "${folder##*/}: $generator"
	else
		ktap "${folder##*/}: $(grep -c '=>' "$work/lines") messages are made alike" all_there "$folder"
	fi
done
ktap_end
