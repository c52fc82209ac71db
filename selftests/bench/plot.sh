#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Draw what summary.awk has left.
#
#   plot.sh DATA OUTPUT     OUTPUT/*.svg from DATA/*.dat
set -euo pipefail

if (($# != 2)); then
	echo "usage: plot.sh DATA OUTPUT" >&2
	exit 2
fi
data=$1 output=$2

# draw NAME: gnuplot commands come on standard input
draw()
{
	{
		echo "set terminal svg size 900,420 background rgb 'white' font 'sans,12'"
		echo "set output '$output/$1.svg'"
		echo "set grid; set border 3; set tics nomirror; set key outside right top"
		cat
	} | gnuplot
}

# lines FILE TITLE...: a curve with a bar of spread for each pair, files that are there
lines()
{
	local list=''

	while (($#)); do
		if [[ -s $1 ]]; then
			list+="${list:+, }'$1' using 1:2:3:4 with yerrorlines lw 2 title '$2'"
		fi
		shift 2
	done
	echo "plot $list"
}

draw_sweep()
{
	draw "sweep-$1" <<-EOT
		set logscale x; set yrange [0:*]
		set xlabel '$2'; set ylabel 'ns over a bare XDP program'
		$(lines "$data/sweep-$1-udp-5000-flows.dat" 'established' \
			"$data/sweep-$1-no-rule-5000.dat" 'denied' \
			"$data/sweep-$1-udp-new-flow.dat" 'new flow')
	EOT
}

for dimension in rules zones prefixes; do
	if [[ -s $data/sweep-$dimension-udp-5000-flows.dat ]]; then
		draw_sweep "$dimension" "$dimension (5,000 destinations)"
	fi
done

if [[ -s $data/flows.dat ]]; then
	draw flows <<-EOT
		set logscale x; set yrange [0:*]
		set xlabel 'live flows'; set ylabel 'ns over a bare XDP program'
		$(lines "$data/flows.dat" 'all in turn' "$data/among.dat" '1,000 of them')
	EOT
fi

if compgen -G "$data/short-*.dat" >/dev/null; then
	list=
	for file in "$data"/short-*.dat; do
		name=${file##*/short-}
		list+="${list:+, }'$file' with lines lw 2 title '${name%.dat}'"
	done
	draw short <<-EOT
		set xlabel 'ns over a bare XDP program, runs of 200 frames'
		set ylabel 'share of runs'; set xrange [0:800]
		plot $list
	EOT
fi

if [[ -s $data/protocols.dat ]]; then
	draw protocols <<-EOT
		set style fill solid 0.6; unset key
		set xtics rotate by -40; set ylabel 'ns of one message over a bare XDP program'
		set yrange [0:*]; set bmargin 6; set rmargin 6
		plot '$data/protocols.dat' using 1:3:4:5:(0.7):xtic(2) with boxerrorbars \
			title 'median, 10th to 90th percentile'
	EOT
fi

if [[ -s $data/forward.dat ]]; then
	draw forward <<-EOT
		set style fill solid 0.6; unset key
		set xtics rotate by -40; set ylabel 'million frames a second, one processor'
		set yrange [0:*]; set bmargin 8; set rmargin 6
		plot '$data/forward.dat' using 1:3:4:5:(0.7):xtic(2) with boxerrorbars \
			title 'median, 10th to 90th percentile'
	EOT
fi

for load in none half full; do
	list=
	for file in "$data"/delay-*-"$load".dat; do
		if [[ -s $file ]]; then
			name=${file##*/delay-}
			list+="${list:+, }'$file' using (\$1 / 1000):2 with steps lw 2"
			list+=" title '${name%-"$load".dat}'"
		fi
	done
	if [[ $list ]]; then
		draw "latency-$load" <<-EOT
			set logscale xy; set format y '10^{%L}'
			set xlabel 'one-way time in us, load: $load'
			set ylabel 'share of frames that took longer'
			plot $list
		EOT
	fi
done

if [[ -s $data/swap.dat ]]; then
	draw swap <<-EOT
		set logscale x; set yrange [0:*]; unset key
		set xlabel 'rules'; set ylabel 'ms from command to first frame'
		$(lines "$data/swap.dat" swap)
	EOT
fi

if [[ -s $data/memory.dat ]]; then
	draw memory <<-EOT
		set style data histograms; set style histogram rowstacked
		set style fill solid 0.6; set boxwidth 0.7; set yrange [0:*]
		set ylabel 'MiB of kernel memory, map-backed'
		plot '$data/memory.dat' using 3:xtic(2) title 'policy region', \
			'' using 4 title 'flow table', '' using 5 title 'sessions', \
			'' using 6 title 'counters', '' using 7 title 'rest'
	EOT
fi
