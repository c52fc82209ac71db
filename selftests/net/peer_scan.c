// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port scanner of the simplest kind: calls every port at once and tells which
 * were open, which answered that they are closed, and how many kept silent.
 *
 *   peer_scan [--source ADDRESS] [--timeout-ms N] HOST FIRST LAST
 *
 * Prints "open N closed N silent N" and exits with 0 if nothing answered.
 */
#include "peer_socket.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS_MAX 1000

struct tally {
	unsigned int open;
	unsigned int closed;
	unsigned int failed;
};

static void count(struct tally *tally, int err)
{
	if (!err)
		tally->open++;
	else if (err == ECONNREFUSED || err == ECONNRESET)
		tally->closed++;
	else
		tally->failed++;
}

static int call(const struct otseg_peer_addr *from, struct otseg_peer_addr *to, struct tally *tally)
{
	int fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || (from && bind(fd, (struct sockaddr *)&from->sa, from->len))) {
		perror("peer_scan");
		exit(1);
	}
	if (!connect(fd, (struct sockaddr *)&to->sa, to->len))
		errno = 0;
	if (errno == EINPROGRESS)
		return fd;
	count(tally, errno);
	close(fd);
	return -1;
}

static void gather(struct pollfd *calls, int n, int timeout_ms, struct tally *tally)
{
	int64_t deadline = otseg_peer_now_ms() + timeout_ms, left;
	socklen_t len = sizeof(int);
	int i, err, waiting = n;

	while (waiting) {
		left = deadline - otseg_peer_now_ms();
		if (left <= 0 || poll(calls, n, left) <= 0)
			return;
		for (waiting = 0, i = 0; i < n; i++) {
			if (calls[i].fd >= 0 && calls[i].revents) {
				getsockopt(calls[i].fd, SOL_SOCKET, SO_ERROR, &err, &len);
				count(tally, err);
				close(calls[i].fd);
				calls[i].fd = -1;
			}
			waiting += calls[i].fd >= 0;
		}
	}
}

_Noreturn static void usage(void)
{
	fputs("usage: peer_scan [--source ADDRESS] [--timeout-ms N] HOST FIRST LAST\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "source", required_argument, NULL, 's' },
		{ "timeout-ms", required_argument, NULL, 't' },
		{ 0 },
	};
	static struct pollfd calls[PORTS_MAX];
	struct otseg_peer_addr from, to;
	long timeout_ms = 1000, first, last, port;
	const char *source = NULL;
	struct tally tally = { 0 };
	int option, n = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			source = optarg;
		else if (option != 't' || otseg_peer_number(optarg, 1, 60000, &timeout_ms))
			usage();
	}
	if (argc - optind != 3 || otseg_peer_number(argv[optind + 1], 1, 65535, &first) ||
	    otseg_peer_number(argv[optind + 2], first, first + PORTS_MAX - 1, &last) ||
	    last > 65535 || (source && otseg_peer_resolve(source, 0, &from)))
		usage();
	for (port = first; port <= last; port++) {
		if (otseg_peer_resolve(argv[optind], port, &to))
			usage();
		calls[n].fd = call(source ? &from : NULL, &to, &tally);
		calls[n++].events = POLLOUT;
	}
	gather(calls, n, timeout_ms, &tally);
	printf("open %u closed %u silent %u\n", tally.open, tally.closed,
	       n - tally.open - tally.closed - tally.failed);
	if (tally.failed)
		fprintf(stderr, "peer_scan: %u calls failed at once\n", tally.failed);
	return tally.open || tally.closed || tally.failed;
}
