# SPDX-License-Identifier: GPL-2.0-only
#
# Turns the lines of the benchmark's programs into tables: medians, and in brackets
# the 10th and 90th percentile. A ratio is the median of the ratios of each round,
# whose measurements followed each other within seconds.
#
#	awk [-v form=markdown] [-v data=FOLDER] -f summary.awk FILE.csv...
#
# In Markdown each table begins with a line "@NAME", for report.sh. With a folder
# it leaves FOLDER/*.dat there, what the plots are made of.
BEGIN {
	FS = ","
}

FNR == 1 {
	part = FILENAME
	sub(/.*\//, "", part)
	sub(/\.csv$/, "", part)
	sub(/^facts-/, "", part)
	if (!(part in has))
		parts[++n_parts] = part
	has[part] = 1
}

$1 == "fact" {
	fact[part, $2] = $3
}

# cost,LABEL,CASE,ROUND,BARE,DATAPATH[,FOUND]
$1 == "cost" {
	note_once(part "-label", $2)
	note_once(part "-case", $3)
	add(part SUBSEP "over" SUBSEP $2 SUBSEP $3, $4, $6 - $5)
	add(part SUBSEP "bare" SUBSEP $2 SUBSEP $3, $4, $5)
	add(part SUBSEP "whole" SUBSEP $2 SUBSEP $3, $4, $6)
	if (NF > 6)
		add(part SUBSEP "found" SUBSEP $2 SUBSEP $3, $4, $7)
}

# message,SERVICE,LINE,BYTES
$1 == "message" {
	message_line[$2] = $3
	message_len[$2] = $4
}

# effort,NAME,STEPS,INSTRUCTIONS,MOST: of a program, or of an inspector by itself; steps that a test allows
$1 == "effort" {
	note_once("effort", $2)
	steps[$2] = $3
	instructions[$2] = $4
	most_steps[$2] = $5
}

# forward,LANE,ROUND,OFFERED,RATE
$1 == "forward" {
	note_once("lane", $2)
	add("rate" SUBSEP $2, $3, $5)
}

# latency,LANE,LOAD,ROUND,FRAMES,LOST,P50,P99,P99.9,MAX
$1 == "latency" {
	note_once("delay-lane", $2)
	note_once("delay-load", $3)
	add("p50" SUBSEP $2 SUBSEP $3, $4, $7)
	add("p99" SUBSEP $2 SUBSEP $3, $4, $8)
	add("p99.9" SUBSEP $2 SUBSEP $3, $4, $9)
	add("max" SUBSEP $2 SUBSEP $3, $4, $10)
	timed[$2, $3] += $5
	untimed[$2, $3] += $6
	if ($10 > longest[$2, $3])
		longest[$2, $3] = $10
}

$1 == "rate" {
	add("load", $2, $3)
}

# delay,LANE,LOAD,LOW,HIGH,FRAMES
$1 == "delay" && data {
	file = data "/delay-" $2 "-" $3 ".dat"
	if (!(file in before)) {
		print "# ns  share of frames that took at least so long, frames" >file
		before[file] = 0
	}
	printf "%d %.9f %d\n", $4, 1 - before[file] / timed[$2, $3], $6 >file
	before[file] += $6
}

# swap,RULES,ROUND,ENFORCED,RETURNED,PAIRS,MIXED,LOST
$1 == "swap" {
	note_once("swap-rules", $2)
	add("enforced" SUBSEP $2, $3, $4)
	add("returned" SUBSEP $2, $3, $5)
	pairs[$2] += $6
	mixed[$2] += $7
	lost[$2] += $8
}

# memory,POLICY,MAP,BYTES,RULES
$1 == "memory" {
	note_once("memory-policy", $2)
	memory[$2] += $4
	memory_of[$2, kind_of($3)] += $4
}

function kind_of(map)
{
	if (map ~ /region/)
		return "region"
	if (map ~ /flows|buckets|table/)
		return "flows"
	if (map ~ /sessions|streams/)
		return "sessions"
	if (map ~ /counters|carry/)
		return "counters"
	return "rest"
}

# Remembers @value in the order in which values of @list came first.
function note_once(list, value)
{
	if ((list, value) in noted)
		return
	noted[list, value] = 1
	names[list, ++name_count[list]] = value
}

function add(key, round, value)
{
	samples[key, ++count[key]] = value
	by_round[key, round] = value
	round_of[key, count[key]] = round
}

# Sorts @n numbers @from[@key, 1..n] into sorted[1..n].
function sort_into(from, key, n,	gap, i, k, x)
{
	for (i = 1; i <= n; i++)
		sorted[i] = from[key, i]
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2)) {
		for (i = gap + 1; i <= n; i++) {
			x = sorted[i]
			for (k = i; k > gap && sorted[k - gap] > x; k -= gap)
				sorted[k] = sorted[k - gap]
			sorted[k] = x
		}
	}
}

function rank(n, q)
{
	return sorted[1 + int((n - 1) * q + 0.5)]
}

function quantile(key, q)
{
	sort_into(samples, key, count[key])
	return rank(count[key], q)
}

function median(key)
{
	return quantile(key, 0.5)
}

# "50 (40-60)"; numbers divided by @unit, in the given format.
function spread(key, format, unit,	n)
{
	n = count[key]
	if (!n)
		return "-"
	sort_into(samples, key, n)
	return sprintf(format " (" format "-" format ")", rank(n, 0.5) / unit, rank(n, 0.1) / unit,
		       rank(n, 0.9) / unit)
}

# Fills samples["ratio"]; returns how many rounds have both.
function ratios(a, b,	i, n, round)
{
	n = 0
	for (i = 1; i <= count[a]; i++) {
		round = round_of[a, i]
		if ((b, round) in by_round && by_round[b, round] > 0)
			samples["ratio", ++n] = by_round[a, round] / by_round[b, round]
	}
	count["ratio"] = n
	return n
}

function ratio(a, b)
{
	return ratios(a, b) ? median("ratio") : ""
}

function ratio_spread(a, b)
{
	return ratios(a, b) ? spread("ratio", "%.2f", 1) : "-"
}

# Columns are separated by "|"; the first one is text, the others are numbers.
function table_begin(name, title, head)
{
	table_name = name
	table_title = title
	table_rows = 0
	row(head)
}

function row(line)
{
	table[++table_rows] = line
}

function table_end(	i, k, n, cells, width)
{
	if (form == "markdown") {
		print "@" table_name
		for (i = 1; i <= table_rows; i++) {
			gsub(/\|/, " | ", table[i])
			print "| " table[i] " |"
			if (i > 1)
				continue
			n = split(table[i], cells, " [|] ")
			printf "|---|"
			for (k = 2; k <= n; k++)
				printf "---:|"
			printf "\n"
		}
		return
	}
	print "\n" table_title ":\n"
	for (i = 1; i <= table_rows; i++) {
		n = split(table[i], cells, "[|]")
		for (k = 1; k <= n; k++)
			if (length(cells[k]) > width[k])
				width[k] = length(cells[k])
	}
	for (i = 1; i <= table_rows; i++) {
		n = split(table[i], cells, "[|]")
		for (k = 1; k <= n; k++)
			printf((k == 1 ? "%-" : "  %") width[k] "s", cells[k])
		printf "\n"
	}
	for (k in width)
		delete width[k]
}

function over(part, label, name)
{
	return part SUBSEP "over" SUBSEP label SUBSEP name
}

# What a case of the sweep is called in a table.
function spoken(name)
{
	if (name == "udp-5000-flows")
		return "established"
	if (name == "no-rule-5000")
		return "denied"
	return name == "udp-new-flow" ? "new flow" : name
}

function machine_table(	i, p)
{
	table_begin("machine", "Sitting", "part|date|effort|seconds|load before|load after|stolen s")
	for (i = 1; i <= n_parts; i++) {
		p = parts[i]
		row(p "|" fact[p, "date"] "|" fact[p, "effort"] "|" fact[p, "seconds"] "|" \
		    fact[p, "load-before"] "|" fact[p, "load-after"] "|" \
		    sprintf("%.1f", fact[p, "stolen-hundredths"] / 100))
	}
	table_end()
	p = parts[1]
	if (form != "markdown")
		printf "\n%s processors (%s), kernel %s\n", fact[p, "processors"], fact[p, "model"],
			fact[p, "kernel"]
}

function cost_table(	i, l, n, line, label, name)
{
	n = name_count["cost-label"]
	line = "frame"
	for (l = 1; l <= n; l++)
		line = line "|" names["cost-label", l]
	table_begin("cost", "Nanoseconds that a decision adds to a bare XDP program (test runs)",
		    line "|1,000 / 10 rules")
	for (i = 1; i <= name_count["cost-case"]; i++) {
		name = names["cost-case", i]
		line = name
		for (l = 1; l <= n; l++)
			line = line "|" spread(over("cost", names["cost-label", l], name), "%.0f", 1)
		row(line "|" ratio_spread(over("cost", "1000-rules", name), over("cost", "10-rules", name)))
	}
	table_end()
}

function short_table(	i, k, key, name, file, bare, step)
{
	table_begin("short", "Nanoseconds of one frame over the median bare run, runs of 200 frames",
		    "frame|runs|p1|p50|p90|p99|p99.9|max")
	for (i = 1; i <= name_count["short-case"]; i++) {
		name = names["short-case", i]
		key = "short" SUBSEP "whole" SUBSEP "1000-rules" SUBSEP name
		bare = median("short" SUBSEP "bare" SUBSEP "1000-rules" SUBSEP name)
		sort_into(samples, key, count[key])
		row(sprintf("%s|%d|%.0f|%.0f|%.0f|%.0f|%.0f|%.0f", name, count[key],
			    rank(count[key], 0.01) - bare, rank(count[key], 0.5) - bare,
			    rank(count[key], 0.9) - bare, rank(count[key], 0.99) - bare,
			    rank(count[key], 0.999) - bare, rank(count[key], 1) - bare))
		if (!data)
			continue
		file = data "/short-" name ".dat"
		# A curve needs no more points, but its end is the slowest run.
		step = int(count[key] / 400) + 1
		for (k = 1; k <= count[key]; k++)
			if (k % step == 1 || step == 1 || k == count[key])
				printf "%.1f %.6f\n", sorted[k] - bare, k / count[key] >file
	}
	table_end()
}

function protocol(name)
{
	return over("protocols", "protocols", name)
}

function protocols_table(	i, name, key)
{
	table_begin("protocols", "Nanoseconds that one message adds to a bare XDP program (test runs)",
		    "service|line of messages|bytes|ns over bare XDP|to modbus|ns, if it is new|to modbus")
	for (i = 1; i <= name_count["protocols-case"]; i++) {
		name = names["protocols-case", i]
		key = protocol(name)
		row(name "|" message_line[name] "|" message_len[name] "|" spread(key, "%.0f", 1) "|" \
		    ratio_spread(key, protocol("modbus")) "|" \
		    spread(over("protocols", "inspected", name), "%.0f", 1) "|" \
		    ratio_spread(over("protocols", "inspected", name), protocol("modbus")))
		if (data)
			print i - 1, "\"" name "\"", median(key), quantile(key, 0.1),
				quantile(key, 0.9) >(data "/protocols.dat")
	}
	table_end()
}

function effort_table(	i, name)
{
	table_begin("effort", "What the verifier has to do, and how many instructions it makes",
		    "program or inspector|steps|allowed|instructions")
	for (i = 1; i <= name_count["effort"]; i++) {
		name = names["effort", i]
		row(name "|" steps[name] "|" most_steps[name] "|" instructions[name])
	}
	table_end()
}

# Labels are DIMENSION-VALUE; @dimensions is set to them in their order.
function sweep_table(	i, k, l, label, name, dimension, first, file, line)
{
	line = "policy"
	for (i = 1; i <= name_count["sweep-case"]; i++)
		line = line "|" spoken(names["sweep-case", i]) "|to the first"
	table_begin("sweep", "Nanoseconds over a bare XDP program by size of the policy, 5,000 destinations",
		    line)
	for (l = 1; l <= name_count["sweep-label"]; l++) {
		label = names["sweep-label", l]
		dimension = label
		sub(/-.*/, "", dimension)
		if (!(dimension in sweep_first))
			sweep_first[dimension] = label
		sweep_last[dimension] = label
		first = sweep_first[dimension]
		line = substr(label, length(dimension) + 2) " " dimension
		for (i = 1; i <= name_count["sweep-case"]; i++) {
			name = names["sweep-case", i]
			line = line "|" spread(over("sweep", label, name), "%.0f", 1) "|" \
				ratio_spread(over("sweep", label, name), over("sweep", first, name))
			if (data) {
				file = data "/sweep-" dimension "-" name ".dat"
				print substr(label, length(dimension) + 2),
					median(over("sweep", label, name)),
					quantile(over("sweep", label, name), 0.1),
					quantile(over("sweep", label, name), 0.9) >file
			}
		}
		row(line)
	}
	table_end()
}

# Cases are flows-N, all of them in turn, and among-N, a thousand of them.
function flows_table(	i, n, name, all, few, found)
{
	table_begin("flows", "Nanoseconds over a bare XDP program by live flows",
		    "live flows|all in turn|to the first|1,000 of them|to the first|found room, %")
	for (i = 1; i <= name_count["flows-case"]; i++) {
		name = names["flows-case", i]
		if (!sub(/^flows-/, "", name))
			continue
		if (!n++)
			flows_first = name
		flows_last = name
		all = over("flows", "flows", "flows-" name)
		few = over("flows", "flows", "among-" name)
		found = "flows" SUBSEP "found" SUBSEP "flows" SUBSEP "flows-" name
		row(name "|" spread(all, "%.0f", 1) "|" \
		    ratio_spread(all, over("flows", "flows", "flows-" flows_first)) "|" \
		    spread(few, "%.0f", 1) "|" \
		    ratio_spread(few, over("flows", "flows", "among-" flows_first)) "|" \
		    spread(found, "%.1f", 1))
		flows_data("flows", name, all)
		flows_data("among", name, few)
	}
	table_end()
}

function flows_data(kind, name, key)
{
	if (data && count[key])
		print name, median(key), quantile(key, 0.1), quantile(key, 0.9) >(data "/" kind ".dat")
}

# What a lane is compared with, by its name.
function base_of(name)
{
	if (name ~ /^modbus-/)
		return "modbus-redirect"
	if (name == "drop" || name == "otseg-deny")
		return "drop"
	return "redirect"
}

function forward_table(	i, name, key, file)
{
	table_begin("forward", "Frames per second through one firewall namespace",
		    "peer|Mpps|ns a frame|of bare XDP|base|otseg-wire is so many times it")
	for (i = 1; i <= name_count["lane"]; i++) {
		name = names["lane", i]
		key = "rate" SUBSEP name
		row(name "|" spread(key, "%.3f", 1e6) "|" sprintf("%.0f", 1e9 / median(key)) "|" \
		    ratio_spread(key, "rate" SUBSEP base_of(name)) "|" base_of(name) "|" \
		    (base_of(name) == "drop" ? "-" : \
		     ratio_spread("rate" SUBSEP (name ~ /^modbus-/ ? "modbus-wire" : "otseg-wire"), key)))
		if (data) {
			file = data "/forward.dat"
			print i - 1, "\"" name "\"", median(key) / 1e6, quantile(key, 0.1) / 1e6,
				quantile(key, 0.9) / 1e6 >file
		}
	}
	table_end()
}

function us(key)
{
	return spread(key, "%.1f", 1000)
}

function latency_table(	i, k, load, name)
{
	table_begin("latency", "One-way time in us, load " spread("load", "%.3f", 1e6) " Mpps at full",
		    "load, peer|frames timed|lost|p50|p99|p99.9|max of a round|longest")
	for (k = 1; k <= name_count["delay-load"]; k++) {
		load = names["delay-load", k]
		for (i = 1; i <= name_count["delay-lane"]; i++) {
			name = names["delay-lane", i]
			row(load ", " name "|" timed[name, load] "|" untimed[name, load] "|" us("p50" SUBSEP name SUBSEP load) "|" \
			    us("p99" SUBSEP name SUBSEP load) "|" us("p99.9" SUBSEP name SUBSEP load) "|" \
			    us("max" SUBSEP name SUBSEP load) "|" \
			    sprintf("%.1f", longest[name, load] / 1000))
			if (data)
				print longest[name, load], 1 / timed[name, load] \
					>(data "/delay-" name "-" load ".dat")
		}
	}
	table_end()
}

function swap_table(	i, rules, file)
{
	table_begin("swap", "Change of policy, milliseconds from the start of the command",
		    "rules|first frame of the new policy|command has returned|pairs of frames|mixed|lost")
	for (i = 1; i <= name_count["swap-rules"]; i++) {
		rules = names["swap-rules", i]
		row(rules "|" spread("enforced" SUBSEP rules, "%.1f", 1) "|" \
		    spread("returned" SUBSEP rules, "%.1f", 1) "|" pairs[rules] "|" mixed[rules] "|" \
		    lost[rules])
		if (data) {
			file = data "/swap.dat"
			print rules, median("enforced" SUBSEP rules), quantile("enforced" SUBSEP rules, 0.1),
				quantile("enforced" SUBSEP rules, 0.9) >file
		}
	}
	table_end()
}

function mib(bytes)
{
	return sprintf("%.2f", bytes / 1048576)
}

function memory_table(	i, k, p, kinds, n, line, file)
{
	n = split("region flows sessions counters rest", kinds, " ")
	table_begin("memory", "Kernel memory of all maps, MiB",
		    "policy|image|policy region|flow table|sessions|counters|rest|sum")
	for (i = 1; i <= name_count["memory-policy"]; i++) {
		p = names["memory-policy", i]
		line = p (p ~ /^[0-9]/ ? " rules" : "") "|" mib(fact["memory", "image-" p])
		for (k = 1; k <= n; k++)
			line = line "|" mib(memory_of[p, kinds[k]])
		row(line "|" mib(memory[p]))
		if (data) {
			file = data "/memory.dat"
			print i - 1, "\"" p (p ~ /^[0-9]/ ? " rules" : "") "\"", mib(memory_of[p, "region"]),
				mib(memory_of[p, "flows"]), mib(memory_of[p, "sessions"]),
				mib(memory_of[p, "counters"]), mib(memory_of[p, "rest"]) >file
		}
	}
	table_end()
}

# One line of the table of targets. @value "" was not measured.
function target(figure, bound, unit, format, value, at_least,	met)
{
	if (value == "")
		return
	met = at_least ? value >= bound : value <= bound
	row(figure "|" (at_least ? ">= " : "<= ") bound unit "|" sprintf(format, value) unit "|" \
	    (met ? "yes" : "no"))
}

function rate_target(figure, bound, lane, other)
{
	target(figure, bound, "", "%.2f", ratio("rate" SUBSEP lane, "rate" SUBSEP other), 1)
}

# The fastest form of nftables that tracks connections.
function best_nft(	i, name, best)
{
	best = "nft-conntrack"
	for (i = 1; i <= name_count["lane"]; i++) {
		name = names["lane", i]
		if (name ~ /^nft-(set|flowtable)/ &&
		    median("rate" SUBSEP name) > median("rate" SUBSEP best))
			best = name
	}
	return best
}

function forward_targets(	best)
{
	best = best_nft()
	rate_target("allowed UDP on a wire / bare redirect", 0.85, "otseg-wire", "redirect")
	rate_target("inspected Modbus on a wire / bare redirect", 0.75, "modbus-wire", "modbus-redirect")
	rate_target("allowed UDP on a wire / nftables (" best ")", 5, "otseg-wire", best)
	rate_target("Modbus on a wire / Suricata inline", 10, "modbus-wire", "modbus-suricata")
	rate_target("denied / bare drop", 0.75, "otseg-deny", "drop")
}

function cost_targets(	plain, inspected)
{
	target("verdict on an established flow, one flow", 60, " ns", "%.0f",
	       median(over("cost", "1000-rules", "udp-one-flow")), 0)
	target("verdict on an established flow, 5,000 flows", 60, " ns", "%.0f",
	       median(over("cost", "1000-rules", "udp-5000-flows")), 0)
	plain = over("cost", "1000-rules", "tcp-plain-poll")
	inspected = over("cost", "1000-rules", "modbus-read-poll")
	if (count[plain] && count[inspected])
		target("inspection of a Modbus PDU on top", 40, " ns", "%.0f",
		       median(inspected) - median(plain), 0)
	row(sprintf("for comparison: one array and one hash look-up, one flow|-|%.0f ns|-",
		    median(over("cost", "1000-rules", "look-ups"))))
	row(sprintf("for comparison: the same, 5,000 flows|-|%.0f ns|-",
		    median(over("cost", "1000-rules", "look-ups-5000"))))
}

function protocols_targets(	i, name, value)
{
	for (i = 1; i <= name_count["protocols-case"]; i++) {
		name = names["protocols-case", i]
		value = ratio(protocol(name), protocol("modbus"))
		if (value == "" || name ~ /^modbus/)
			continue
		target("one message, " name " / modbus", 3, "", "%.2f", value, 0)
	}
}

function sweep_targets(	n, i, k, dimensions, d, name, what)
{
	n = split("rules zones prefixes", dimensions, " ")
	for (i = 1; i <= n; i++) {
		d = dimensions[i]
		for (k = 1; k <= name_count["sweep-case"]; k++) {
			name = names["sweep-case", k]
			what = substr(sweep_last[d], length(d) + 2) " / " \
				substr(sweep_first[d], length(d) + 2) " " d ", " spoken(name)
			target(what, 1.1, "", "%.2f", ratio(over("sweep", sweep_last[d], name),
							    over("sweep", sweep_first[d], name)), 0)
		}
	}
}

function flows_target(kind, what)
{
	target(flows_last " / " flows_first " live flows, " what, 1.5, "", "%.2f",
	       ratio(over("flows", "flows", kind "-" flows_last),
		     over("flows", "flows", kind "-" flows_first)), 0)
}

function flows_targets()
{
	flows_target("flows", "all in turn")
	flows_target("among", "1,000 of them")
}

function latency_targets(	k, load, which, n, i)
{
	n = split("p99.9 max", which, " ")
	for (k = 1; k <= name_count["delay-load"]; k++) {
		load = names["delay-load", k]
		for (i = 1; i <= n; i++)
			target("one-way " which[i] ", load " load ", wire / nftables", 0.33, "", "%.2f",
			       ratio(which[i] SUBSEP "otseg-wire" SUBSEP load,
				     which[i] SUBSEP "nft-conntrack" SUBSEP load), 0)
	}
}

function swap_targets(	i, rules, n_mixed, n_lost, n_pairs)
{
	rules = names["swap-rules", name_count["swap-rules"]]
	target(rules " rules, apply to enforced", 100, " ms", "%.1f", median("enforced" SUBSEP rules), 0)
	for (i = 1; i <= name_count["swap-rules"]; i++) {
		n_mixed += mixed[names["swap-rules", i]]
		n_lost += lost[names["swap-rules", i]]
		n_pairs += 2 * pairs[names["swap-rules", i]]
	}
	target("frames of a mixed verdict, of " n_pairs, 0, "", "%d", n_mixed, 0)
	target("frames lost by a change", 0, "", "%d", n_lost, 0)
}

function memory_targets()
{
	if (memory["example"])
		target("kernel memory, example policy", 16, " MiB", "%.1f", memory["example"] / 1048576, 0)
	if (memory["capacity"])
		target("kernel memory, full capacity", 96, " MiB", "%.1f", memory["capacity"] / 1048576, 0)
}

END {
	if (name_count["cost-case"])
		cost_table()
	if (name_count["short-case"])
		short_table()
	if (name_count["protocols-case"])
		protocols_table()
	if (name_count["effort"])
		effort_table()
	if (name_count["sweep-case"])
		sweep_table()
	if (name_count["flows-case"])
		flows_table()
	if (name_count["lane"])
		forward_table()
	if (name_count["delay-lane"])
		latency_table()
	if (name_count["swap-rules"])
		swap_table()
	if (name_count["memory-policy"])
		memory_table()
	machine_table()
	table_begin("targets", "Targets", "figure|target|this run|met?")
	if (name_count["lane"])
		forward_targets()
	if (name_count["cost-case"])
		cost_targets()
	if (name_count["protocols-case"])
		protocols_targets()
	if (name_count["sweep-case"])
		sweep_targets()
	if (name_count["flows-case"])
		flows_targets()
	if (name_count["delay-lane"])
		latency_targets()
	if (name_count["swap-rules"])
		swap_targets()
	if (name_count["memory-policy"])
		memory_targets()
	table_end()
}
