// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbered datagrams, so that a single lost one shows.
 *
 *   peer_udp echo [HOST] PORT          sends back what it gets
 *   peer_udp sink [HOST] PORT          only counts
 *   peer_udp ping HOST PORT            sends, waits for the echoes
 *   peer_udp send HOST PORT            sends, expects nothing
 *
 * All run until SIGTERM (ping and send also until --count are sent), print
 * "received N" or "sent N" while they run whenever the number has grown, and
 * end with "sent N received N lost N". ping exits with 1 if one was lost.
 */
#include "peer_socket.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW_MAX 64
#define REPORT_MS 100

static const char *source;
static long count, timeout_ms = 2000, interval_ms, window = 4;
static volatile sig_atomic_t told;

/* Wall-clock deadline of each datagram on its way, 0: none. */
static int64_t deadlines[WINDOW_MAX];
static uint64_t sequences[WINDOW_MAX];
static uint64_t sent, received, lost;

static void tell(int sig)
{
	(void)sig;
	told = 1;
}

static void report(const char *word, uint64_t now)
{
	static int64_t last_ms;
	static uint64_t last;

	if (now == last || otseg_peer_now_ms() < last_ms + REPORT_MS)
		return;
	last = now;
	last_ms = otseg_peer_now_ms();
	printf("%s %lu\n", word, now);
	fflush(stdout);
}

static void serve(int fd, int is_echo)
{
	struct pollfd waiter = { .fd = fd, .events = POLLIN };
	struct otseg_peer_addr from;
	char data[2048];
	ssize_t len;

	puts("listening");
	fflush(stdout);
	while (!told) {
		if (poll(&waiter, 1, REPORT_MS) > 0) {
			from.len = sizeof(from.sa);
			len = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT,
				       (struct sockaddr *)&from.sa, &from.len);
			if (len >= 0) {
				received++;
				if (is_echo && sendto(fd, data, len, 0, (struct sockaddr *)&from.sa,
						      from.len) == len)
					sent++;
			}
		}
		report("received", received);
	}
}

static int transmit(int fd, uint64_t sequence)
{
	/* A refusal that ICMP reports is met by the next call: not this datagram's. */
	if (send(fd, &sequence, sizeof(sequence), MSG_NOSIGNAL) < 0 &&
	    send(fd, &sequence, sizeof(sequence), MSG_NOSIGNAL) < 0)
		return -errno;
	sent++;
	return 0;
}

static void fill_window(int fd)
{
	static int64_t next_ms;
	int64_t now = otseg_peer_now_ms();
	int i;

	for (i = 0; i < window; i++) {
		if (deadlines[i] && now >= deadlines[i]) {
			printf("lost datagram %lu\n", sequences[i]);
			deadlines[i] = 0;
			lost++;
		}
		if (deadlines[i] || told || (count && sent >= (uint64_t)count) || now < next_ms)
			continue;
		sequences[i] = sent;
		if (transmit(fd, sent))
			continue;
		deadlines[i] = now + timeout_ms;
		next_ms = now + interval_ms;
	}
}

static int on_their_way(void)
{
	int i, n = 0;

	for (i = 0; i < window; i++)
		n += deadlines[i] != 0;
	return n;
}

static void ping(int fd)
{
	struct pollfd waiter = { .fd = fd, .events = POLLIN };
	uint64_t sequence;
	int i;

	do {
		fill_window(fd);
		poll(&waiter, 1, interval_ms ? interval_ms : 10);
		while (recv(fd, &sequence, sizeof(sequence), MSG_DONTWAIT) == sizeof(sequence)) {
			for (i = 0; i < window; i++) {
				if (!deadlines[i] || sequences[i] != sequence)
					continue;
				deadlines[i] = 0;
				received++;
			}
		}
		report("received", received);
	} while (on_their_way() || (!told && (!count || sent < (uint64_t)count)));
}

static void send_only(int fd)
{
	while (!told && (!count || sent < (uint64_t)count)) {
		transmit(fd, sent);
		report("sent", sent);
		poll(NULL, 0, interval_ms);
	}
}

static int open_client(const char *host, uint16_t port)
{
	struct otseg_peer_addr to;
	int fd;

	if (otseg_peer_resolve(host, port, &to))
		return -EINVAL;
	fd = otseg_peer_bind(SOCK_DGRAM,
			     source			? source :
			     to.sa.ss_family == AF_INET ? "0.0.0.0" :
							  "::",
			     0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to.sa, to.len))
		return -errno;
	return fd;
}

_Noreturn static void usage(void)
{
	fputs("usage: peer_udp [OPTION]... echo|sink [HOST] PORT\n"
	      "       peer_udp [OPTION]... ping|send HOST PORT\n"
	      "options: --source ADDRESS --count N --interval-ms N --timeout-ms N --window N\n",
	      stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "source", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "interval-ms", required_argument, NULL, 'i' },
		{ "timeout-ms", required_argument, NULL, 't' },
		{ "window", required_argument, NULL, 'w' },
		{ 0 },
	};
	long *number;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 's') {
			source = optarg;
			continue;
		}
		number = option == 'c' ? &count :
			 option == 'i' ? &interval_ms :
			 option == 't' ? &timeout_ms :
			 option == 'w' ? &window :
					 NULL;
		if (!number || otseg_peer_number(optarg, 0, 1000000, number))
			usage();
	}
	if (window < 1 || window > WINDOW_MAX)
		usage();
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = tell };
	const char *verb, *host = NULL;
	int fd, is_server;
	long port;

	parse_options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc < 2 || argc > 3)
		usage();
	verb = argv[0];
	is_server = !strcmp(verb, "echo") || !strcmp(verb, "sink");
	if (!is_server && (argc != 3 || (strcmp(verb, "ping") && strcmp(verb, "send"))))
		usage();
	if (argc == 3)
		host = argv[1];
	if (otseg_peer_number(argv[argc - 1], 1, 65535, &port))
		usage();
	fd = is_server ? otseg_peer_bind(SOCK_DGRAM, host, port) : open_client(host, port);
	if (fd < 0) {
		fprintf(stderr, "peer_udp: %s\n", strerror(-fd));
		return 1;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (is_server)
		serve(fd, verb[0] == 'e');
	else if (verb[0] == 'p')
		ping(fd);
	else
		send_only(fd);
	printf("sent %lu received %lu lost %lu\n", sent, received, lost);
	return lost != 0;
}
