# SPDX-License-Identifier: GPL-2.0-only
#
# Turns the lines of cost and forward into two tables: medians, and in brackets
# the 10th and 90th percentile. A ratio is the median of the ratios of each
# round, whose measurements followed each other within seconds.
BEGIN {
	FS = ","
	OFMT = "%.2f"
}

$1 == "cost" {
	if (!($3 in cost_rounds))
		cost_name[++cost_names] = $3
	if (!($2 in labels)) {
		label[++n_labels] = $2
		labels[$2] = 1
	}
	cost_rounds[$3] = 1
	bare[$2, $3, ++cost_n[$2, $3]] = $5
	over[$2, $3, cost_n[$2, $3]] = $6 - $5
}

$1 == "forward" {
	if (!($2 in lane_n))
		lane[++lanes] = $2
	lane_n[$2]++
	rate[$2, $3] = $5
	rate_list[$2, lane_n[$2]] = $5
	if ($3 > last_round)
		last_round = $3
}

# Sorts @n numbers @from[@key, 1..n] into sorted[1..n].
function sort_into(from, key, n,	i, k, x)
{
	for (i = 1; i <= n; i++) {
		x = from[key, i]
		for (k = i - 1; k > 0 && sorted[k] > x; k--)
			sorted[k + 1] = sorted[k]
		sorted[k + 1] = x
	}
}

function quantile(n, q)
{
	return sorted[1 + int((n - 1) * q + 0.5)]
}

# The median ratio of two lanes over the rounds that have both.
function ratio(a, b,	round, n)
{
	n = 0
	for (round = 0; round <= last_round; round++)
		if ((a, round) in rate && (b, round) in rate && rate[b, round])
			ratios["", ++n] = rate[a, round] / rate[b, round]
	if (!n)
		return "-"
	sort_into(ratios, "", n)
	return sprintf("%.2f", quantile(n, 0.5))
}

function cost_table(	i, l, key, n, line, first)
{
	printf "\nNanoseconds that a decision adds to a bare XDP program (test runs, one frame):\n\n"
	printf "%-24s", "frame"
	for (l = 1; l <= n_labels; l++)
		printf "  %-22s", label[l]
	if (n_labels > 1)
		printf "  %s", label[2] "/" label[1]
	printf "\n"
	for (i = 1; i <= cost_names; i++) {
		printf "%-24s", cost_name[i]
		for (l = 1; l <= n_labels; l++) {
			key = label[l] SUBSEP cost_name[i]
			n = cost_n[label[l], cost_name[i]]
			if (!n) {
				printf "  %-22s", "-"
				continue
			}
			sort_into(over, key, n)
			line = sprintf("%5.0f (%.0f-%.0f)", quantile(n, 0.5), quantile(n, 0.1),
				       quantile(n, 0.9))
			middle[l] = quantile(n, 0.5)
			printf "  %-22s", line
		}
		if (cost_n[label[1], cost_name[i]] && cost_n[label[2], cost_name[i]])
			printf "  %.2f", middle[2] / middle[1]
		printf "\n"
	}
}

function forward_table(	i, n, line, name, base)
{
	printf "\nFrames per second through one firewall namespace (60-byte UDP, one processor):\n\n"
	printf "%-18s  %-20s  %8s  %s\n", "peer", "Mpps", "ns/frame", "ratios"
	for (i = 1; i <= lanes; i++) {
		name = lane[i]
		n = lane_n[name]
		sort_into(rate_list, name, n)
		line = sprintf("%.3f (%.3f-%.3f)", quantile(n, 0.5) / 1e6, quantile(n, 0.1) / 1e6,
			       quantile(n, 0.9) / 1e6)
		printf "%-18s  %-20s  %8.0f", name, line, 1e9 / quantile(n, 0.5)
		if (name == "otseg-allow" || name == "otseg-wire")
			printf "  %s of redirect, %s of kernel, %s of kernel-xdp, %s of nft-conntrack, %s of nft-linear",
				ratio(name, "redirect"), ratio(name, "kernel"),
				ratio(name, "kernel-xdp"), ratio(name, "nft-conntrack"),
				ratio(name, "nft-linear")
		else if (name == "otseg-deny")
			printf "  %s of drop", ratio(name, "drop")
		else if (name != "drop" && name != "redirect")
			printf "  %s of redirect", ratio(name, "redirect")
		printf "\n"
	}
}

END {
	if (cost_names)
		cost_table()
	if (lanes)
		forward_table()
}
