// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic of two kinds, all the time while a test makes things fail: from a namespace whose
 * frames are allowed, and from one whose are not. Until SIGTERM numbered datagrams go to
 * this host from both; then what has been sent and what has come is printed. It goes by no
 * time of day, which a test may set.
 *
 *	module_traffic NAMESPACE ADDRESS NAMESPACE ADDRESS	the allowed one first
 *
 * Prints "begun" when the first one has come that is allowed, and in the end for each of
 * both "SENT RECEIVED". Exit code 1 if something is wrong with the sockets.
 */
#define _GNU_SOURCE /* setns() */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 4000
#define PAUSE_MS 50
#define PATIENCE_MS 20000 /* for the last ones to come, on a machine that is emulated */

/**
 * struct stream - datagrams of one kind
 * @out: socket in the namespace they come from
 * @in: socket of this host
 * @n_sent: so many have been sent; the next one's number
 * @n_received: so many have come, each counted once, as none may come twice
 */
struct stream {
	int out;
	int in;
	uint32_t n_sent;
	uint32_t n_received;
};

static volatile sig_atomic_t is_over;

static void on_term(int number)
{
	(void)number;
	is_over = 1;
}

static void enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET))
		err(1, "setns");
}

static void stream_open(struct stream *stream, const char *namespace, const char *address,
			int index)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT + index) };
	int home = open("/proc/self/ns/net", O_RDONLY), there;
	char path[128];

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	there = open(path, O_RDONLY);
	if (home < 0 || there < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1)
		err(1, "%s, %s", path, address);
	stream->in = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (stream->in < 0 || bind(stream->in, (struct sockaddr *)&at, sizeof(at)))
		err(1, "%s port %d", address, PORT + index);
	enter(there);
	stream->out = socket(AF_INET, SOCK_DGRAM, 0);
	if (stream->out < 0 || connect(stream->out, (struct sockaddr *)&at, sizeof(at)))
		err(1, "to %s", address);
	enter(home);
	close(there);
	close(home);
}

static void stream_send(struct stream *stream)
{
	if (send(stream->out, &stream->n_sent, sizeof(stream->n_sent), 0) < 0)
		err(1, "send");
	stream->n_sent++;
}

static void stream_receive(struct stream *stream)
{
	uint32_t number;

	while (recv(stream->in, &number, sizeof(number), 0) == sizeof(number)) {
		/* One after the other, on one way: whatever is not in order is a loss. */
		if (number != stream->n_received)
			printf("number %u comes after %u others\n", number, stream->n_received);
		stream->n_received++;
	}
	if (errno != EAGAIN)
		err(1, "recv");
}

/* For so many milliseconds, or until something comes. */
static void wait_both(struct stream *streams, int ms)
{
	struct pollfd sockets[] = { { .fd = streams[0].in, .events = POLLIN },
				    { .fd = streams[1].in, .events = POLLIN } };

	if (poll(sockets, 2, ms) < 0 && errno != EINTR)
		err(1, "poll");
	stream_receive(&streams[0]);
	stream_receive(&streams[1]);
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct stream streams[2] = {};
	int waited;

	if (argc != 5)
		errx(1, "usage: module_traffic NAMESPACE ADDRESS NAMESPACE ADDRESS");
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, on_term);
	stream_open(&streams[0], argv[1], argv[2], 0);
	stream_open(&streams[1], argv[3], argv[4], 1);
	while (!is_over) {
		bool is_first = !streams[0].n_received;

		stream_send(&streams[0]);
		stream_send(&streams[1]);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		wait_both(streams, 0);
		if (is_first && streams[0].n_received)
			puts("begun");
	}
	for (waited = 0; waited < PATIENCE_MS && streams[0].n_received < streams[0].n_sent;
	     waited += PAUSE_MS)
		wait_both(streams, PAUSE_MS);
	printf("%u %u\n%u %u\n", streams[0].n_sent, streams[0].n_received, streams[1].n_sent,
	       streams[1].n_received);
	return 0;
}
