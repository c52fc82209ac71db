#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Make tables and plots from what bench.sh has measured.
#
#   report.sh print FOLDER FILE.csv...    tables of these files, plots into FOLDER
#   report.sh write FOLDER DOCUMENT       all of FOLDER/*.csv into a document
#
# A document has a line "<!-- figures: NAME -->" before and "<!-- end -->" after the
# place of each table; what is between them is replaced, if there is such a table.
# Plots go to a folder beside it that has its name.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

usage()
{
	echo "usage: report.sh print FOLDER FILE.csv... | write FOLDER DOCUMENT" >&2
	exit 2
}

# Figures of a part and the facts about it, parts in the order they are measured in.
measured()
{
	local part

	for part in cost short protocols sweep flows forward latency swap memory; do
		if [[ -s $1/$part.csv ]]; then
			echo "$1/facts-$part.csv"
			echo "$1/$part.csv"
		fi
	done
}

summarize()
{
	local form=$1 folder=$2
	shift 2

	mkdir -p "$folder/plot"
	rm -f "$folder"/plot/*.dat "$folder"/*.svg
	awk -v form="$form" -v data="$folder/plot" -f "$here/summary.awk" "$@"
	if command -v gnuplot >/dev/null; then
		"$here/plot.sh" "$folder/plot" "$folder"
	else
		echo "report.sh: there is no gnuplot: no plots" >&2
	fi
}

# Reads the tables, then the document.
splice()
{
	awk '
	FNR == NR && /^@/	{ name = substr($0, 2); known[name] = 1; next }
	FNR == NR		{ text[name] = text[name] $0 "\n"; next }
	/^<!-- figures: / {
		print
		if ($3 in known) {
			printf "%s", text[$3]
			skip = 1
		}
		next
	}
	/^<!-- end -->/		{ skip = 0 }
	!skip
	' "$1" "$2"
}

if (($# < 3)); then
	usage
fi
command=$1 folder=$2
shift 2
case $command in
print)
	summarize text "$folder" "$@"
	;;
write)
	document=$1
	mapfile -t files < <(measured "$folder")
	if ((${#files[@]} == 0)); then
		echo "report.sh: nothing has been measured in $folder" >&2
		exit 1
	fi
	summarize markdown "$folder" "${files[@]}" >"$folder/tables.md"
	splice "$folder/tables.md" "$document" >"$folder/document.md"
	cp "$folder/document.md" "$document"
	mkdir -p "${document%.md}"
	for plot in "$folder"/*.svg; do
		if [[ -e $plot ]]; then
			cp "$plot" "${document%.md}/"
		fi
	done
	;;
*)
	usage
	;;
esac
