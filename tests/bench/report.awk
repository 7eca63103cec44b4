# Turn the runs into medians, ratios and verdicts.
#
#     awk -f report.awk -v tsv=FILE targets runs.tsv
#
# Writes the tables to standard output and the same, a line per target, to
# ${tsv}.  Ends with status 1 when a target is missed or was not measured.

function median(list, n,    v, i, j, t) {
	n = split(list, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

# best(work, peer, jobs): the key of the fastest tool whose name begins with
# ${peer}, or "".
function best(work, peer, jobs,    key, part, found) {
	found = ""
	for (key in walls) {
		split(key, part, SUBSEP)
		if (part[1] == work && part[3] == jobs && index(part[2], peer) == 1)
			if (found == "" || median(walls[key]) < median(walls[found]))
				found = key
	}
	return found
}

function result(key, word) {
	return key in failures ? "FAILED" : word
}

function verdict(what, pgcask, peer, value, limit, word) {
	if (word != "ok")
		missed = 1
	printf "%-14s %-30s %9s %9s %9s %9s  %s\n", t[1], what, pgcask, peer,
	    value, limit, word
	print t[1], what, pgcask, peer, value, limit, word >tsv
}

function judge(    own, key, part, a, b, fails) {
	own = t[1] SUBSEP "pgcask" SUBSEP t[3]
	if (!(own in walls)) {
		verdict(t[2], "-", "-", "-", t[4], result(own, "not run"))
		return
	}
	a = median(walls[own])
	if (t[2] == "memory") {
		b = most[own] / 1024
		verdict("resident memory, " t[3] " jobs", sprintf("%.0f MiB", b), "",
		    "", t[4], result(own, b <= t[4] + 0 ? "ok" : "MISS"))
		return
	}
	if (t[2] == "rate") {
		b = sprintf("%.0f", amount[own] / a / 1e6)
		verdict("MB per second", sprintf("%.2f s", a), "", b " MB/s", t[4],
		    result(own, b + 0 >= t[4] + 0 ? "ok" : "MISS"))
		return
	}
	if (t[2] == "succeeds") {
		verdict("succeeds", sprintf("%.2f s", a), "", "", "",
		    result(own, "ok"))
		return
	}
	key = best(t[1], t[2], t[3])
	if (key == "") {
		verdict(t[2], sprintf("%.2f s", a), "-", "-", t[4], "not run")
		return
	}
	split(key, part, SUBSEP)
	b = median(walls[key])
	if (t[2] == "digests") {
		verdict("its own row digests", sprintf("%.2f s", a),
		    sprintf("%.3f s", b), sprintf("%.3f", b / a), t[4],
		    result(own, b / a <= t[4] + 0 ? "ok" : "MISS"))
		return
	}
	# Two digits are shown, so two digits are judged.
	verdict(part[2], sprintf("%.2f s", a), sprintf("%.2f s", b),
	    sprintf("%.2f", a / b), t[4],
	    result(own, sprintf("%.2f", a / b) + 0 <= t[4] + 0 ? "ok" : "MISS"))
}

BEGIN {
	OFS = "\t"
	print "work", "against", "pgcask", "peer", "ratio", "limit", "verdict" >tsv
}

/^#/ || NF == 0 { next }

FNR == NR { targets[++wanted] = $0; next }

{
	split($0, column, "\t")
	key = $1 SUBSEP $2 SUBSEP $3
	if (!(key in seen)) {
		seen[key] = 1
		order[++kinds] = key
	}
	if ($10 != 0) {
		failures[key]++
		why[key] = column[11]
		next
	}
	amount[key] = column[12]
	if (column[12] > 0)
		written[key] = sprintf("%.0f", column[12] / 1e6)
	walls[key] = walls[key] " " $5
	clients[key] = clients[key] " " $6
	servers[key] = servers[key] " " $7
	if ($9 > most[key])
		most[key] = $9
	runs++
	foreign += $8
	wall += $5
}

END {
	printf "%-14s %-30s %9s %9s %9s %9s\n", "work", "against", "pgcask",
	    "peer", "ratio", "at most"
	for (i = 1; i <= wanted; i++) {
		split(targets[i], t, " ")
		judge()
	}
	printf "\nMedians. CPU is of the client with its children, and of the " \
	    "server; MiB is the most\nmemory that the client itself had " \
	    "resident, MB what it wrote.\n\n"
	printf "%-14s %-16s %4s %5s %9s %11s %11s %9s %7s\n", "work", "tool",
	    "jobs", "runs", "wall s", "client CPU", "server CPU", "MiB", "MB"
	for (i = 1; i <= kinds; i++) {
		key = order[i]
		split(key, part, SUBSEP)
		if (key in failures)
			printf "%-14s %-16s %4s %5d failed: %s\n", part[1], part[2],
			    part[3], failures[key], why[key]
		if (key in walls)
			printf "%-14s %-16s %4s %5d %9.2f %11.2f %11.2f %9.1f %7s\n",
			    part[1], part[2], part[3], split(walls[key], ignored, " "),
			    median(walls[key]), median(clients[key]),
			    median(servers[key]), most[key] / 1024, written[key]
	}
	if (wall > 0)
		printf "\nOther work on this machine took %.2f CPU-seconds per " \
		    "second on average.\n", foreign / wall
	exit missed
}
