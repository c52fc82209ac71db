// SPDX-License-Identifier: GPL-2.0-only
/*
 * A Modbus/TCP client made of libmodbus: reads, writes, polls until told to
 * stop, or sends given bytes in given segments. Prints one line whose first
 * word is the outcome, and keeps the ways in which a firewall can refuse apart:
 *
 *   ok [VALUE]...      answered; the registers that were read, in decimal
 *   ok [ADU]...        (raw) that many answers came, in hexadecimal
 *   exception CODE     the server answered with a Modbus exception
 *   connect-timeout    nobody answered the connection request
 *   timeout            connected, but no answer to the request
 *   unsent OFFSET      (raw) the segment at OFFSET was never acknowledged
 *   refused            the server has no such port
 *   reset              the connection was reset or closed
 *   failed SENTENCE    something else
 *   polls N failed N   (poll) the sum; one connection for all of them
 *
 * Exit code: 0 for ok and for polls without a failure, 1 otherwise, 2 for wrong
 * usage.
 */
#include "peer_socket.h"

#include <errno.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REGISTERS_MAX MODBUS_MAX_READ_REGISTERS
#define BYTES_MAX 16384
#define SEGMENTS_MAX 1024
#define MBAP_LEN 7

static const char *source;
static long port = 502, unit = 1, timeout_ms = 2000, interval_ms = 50, every, answers = 1;
static size_t segments[SEGMENTS_MAX], n_segments;
static uint8_t bytes[BYTES_MAX];
static size_t n_bytes;
static volatile sig_atomic_t told;

static void tell(int sig)
{
	(void)sig;
	told = 1;
}

static const char *outcome(int err)
{
	switch (err) {
	case EINPROGRESS:
	case EAGAIN:
	case ETIMEDOUT:
		return "timeout";
	case ECONNREFUSED:
		return "refused";
	case ECONNRESET:
	case EPIPE:
	case EBADF:
		return "reset";
	}
	return NULL;
}

static int failure(int err)
{
	const char *word = outcome(err);

	if (word)
		puts(word);
	else if (err > MODBUS_ENOBASE && err < MODBUS_ENOBASE + MODBUS_EXCEPTION_MAX)
		printf("exception %d\n", err - MODBUS_ENOBASE);
	else
		printf("failed %s\n", modbus_strerror(err));
	return 1;
}

static int connect_failure(int err)
{
	if (err == -ETIMEDOUT) {
		puts("connect-timeout");
		return 1;
	}
	return failure(-err);
}

static void vanish(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	/* What was refused must not be sent again while later steps count drops. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static modbus_t *session(int fd)
{
	modbus_t *modbus = modbus_new_tcp(NULL, 0);

	if (!modbus || modbus_set_slave(modbus, unit)) {
		perror("peer_modbus");
		exit(1);
	}
	modbus_set_socket(modbus, fd);
	modbus_set_response_timeout(modbus, timeout_ms / 1000, timeout_ms % 1000 * 1000);
	/* The whole answer has that time: pieces may be lost and sent again. */
	modbus_set_byte_timeout(modbus, 0, 0);
	return modbus;
}

static int transact(int fd, bool is_write, int argc, char **argv)
{
	uint16_t values[REGISTERS_MAX];
	modbus_t *modbus = session(fd);
	long first, number;
	int i, n, done, err;

	if (otseg_peer_number(argv[0], 0, 65535, &first))
		return 2;
	if (is_write) {
		n = argc - 1;
		for (i = 0; i < n; i++) {
			if (otseg_peer_number(argv[i + 1], 0, 65535, &number))
				return 2;
			values[i] = number;
		}
		done = n == 1 ? modbus_write_register(modbus, first, values[0]) :
				modbus_write_registers(modbus, first, n, values);
		n = 0;
	} else {
		if (otseg_peer_number(argv[1], 1, REGISTERS_MAX, &number))
			return 2;
		n = number;
		done = modbus_read_registers(modbus, first, n, values);
	}
	err = errno;
	modbus_free(modbus);
	if (done < 0) {
		vanish(fd);
		return failure(err);
	}
	close(fd);
	printf("ok");
	for (i = 0; i < n; i++)
		printf(" %u", values[i]);
	putchar('\n');
	return 0;
}

static int poll_until_told(int fd, char **argv)
{
	struct timespec pause = { interval_ms / 1000, interval_ms % 1000 * 1000000 };
	unsigned long polls = 0, failed = 0;
	uint16_t values[REGISTERS_MAX];
	modbus_t *modbus = session(fd);
	long first, n;

	if (otseg_peer_number(argv[0], 0, 65535, &first) ||
	    otseg_peer_number(argv[1], 1, REGISTERS_MAX, &n))
		return 2;
	while (!told) {
		if (modbus_read_registers(modbus, first, n, values) == n) {
			polls++;
			printf("poll %lu\n", polls);
		} else {
			failed++;
			printf("failed poll: %s\n", modbus_strerror(errno));
			if (errno != ETIMEDOUT)
				break;
			modbus_flush(modbus);
		}
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
	modbus_free(modbus);
	close(fd);
	printf("polls %lu failed %lu\n", polls, failed);
	return failed || !polls;
}

static int add_segment(const char *hex)
{
	unsigned int byte;
	size_t digits = strlen(hex), i;

	if (digits % 2 || n_bytes + digits / 2 > BYTES_MAX || n_segments == SEGMENTS_MAX)
		return -EINVAL;
	for (i = 0; i < digits; i += 2) {
		if (sscanf(hex + i, "%2x", &byte) != 1)
			return -EINVAL;
		bytes[n_bytes++] = byte;
	}
	segments[n_segments++] = digits / 2;
	return 0;
}

/* Waits until all that was written has been acknowledged. */
static int drain(int fd)
{
	const struct timespec pause = { 0, 200000 };
	int64_t deadline = otseg_peer_now_ms() + timeout_ms;
	int waiting;

	for (;;) {
		if (ioctl(fd, SIOCOUTQ, &waiting))
			return -errno;
		if (!waiting)
			return 0;
		if (otseg_peer_now_ms() >= deadline)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

/* Prints the answers that came, up to the wanted number of them. */
static int collect(int fd)
{
	int64_t deadline = otseg_peer_now_ms() + timeout_ms, left;
	struct pollfd waiter = { .fd = fd, .events = POLLIN };
	static uint8_t in[BYTES_MAX];
	size_t have = 0, at = 0, len, i;
	ssize_t got = 0;
	long seen = 0;

	printf("ok");
	while (seen < answers) {
		left = deadline - otseg_peer_now_ms();
		if (left <= 0 || poll(&waiter, 1, left) <= 0) {
			printf(" timeout\n");
			return 1;
		}
		got = recv(fd, in + have, sizeof(in) - have, 0);
		if (got <= 0) {
			printf(" reset\n");
			return 1;
		}
		have += got;
		while (have - at >= MBAP_LEN) {
			len = (in[at + 4] << 8 | in[at + 5]) + 6;
			if (have - at < len)
				break;
			putchar(' ');
			for (i = 0; i < len; i++)
				printf("%02x", in[at + i]);
			at += len;
			seen++;
		}
	}
	putchar('\n');
	return 0;
}

static int send_raw(int fd)
{
	size_t at = 0, segment = 0, len;
	int on = 1, code;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (at < n_bytes) {
		len = every ? (size_t)every : segments[segment++];
		if (len > n_bytes - at)
			len = n_bytes - at;
		if (send(fd, bytes + at, len, MSG_NOSIGNAL) != (ssize_t)len) {
			code = failure(errno);
			vanish(fd);
			return code;
		}
		if (drain(fd)) {
			printf("unsent %zu\n", at);
			vanish(fd);
			return 1;
		}
		at += len;
	}
	code = collect(fd);
	vanish(fd);
	return code;
}

_Noreturn static void usage(void)
{
	fputs("usage: peer_modbus [OPTION]... read HOST REGISTER COUNT\n"
	      "       peer_modbus [OPTION]... write HOST REGISTER VALUE...\n"
	      "       peer_modbus [OPTION]... poll HOST REGISTER COUNT   (until SIGTERM)\n"
	      "       peer_modbus [OPTION]... raw HOST HEX...            (a segment each)\n"
	      "options: --source ADDRESS --port N --unit N --timeout-ms N --interval-ms N\n"
	      "         --every N    raw: segments of N bytes instead\n"
	      "         --answers N  raw: wait for N answers\n",
	      stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "source", required_argument, NULL, 's' },
		{ "port", required_argument, NULL, 'p' },
		{ "unit", required_argument, NULL, 'u' },
		{ "timeout-ms", required_argument, NULL, 't' },
		{ "interval-ms", required_argument, NULL, 'i' },
		{ "every", required_argument, NULL, 'e' },
		{ "answers", required_argument, NULL, 'a' },
		{ 0 },
	};
	long *number;
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		number = NULL;
		switch (option) {
		case 's':
			source = optarg;
			continue;
		case 'p':
			number = &port;
			break;
		case 'u':
			number = &unit;
			break;
		case 't':
			number = &timeout_ms;
			break;
		case 'i':
			number = &interval_ms;
			break;
		case 'e':
			number = &every;
			break;
		case 'a':
			number = &answers;
			break;
		}
		if (!number || otseg_peer_number(optarg, 0, 1000000, number))
			usage();
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = tell, .sa_flags = SA_RESTART };
	const char *verb, *host;
	int fd, code = 2;

	parse_options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc < 3)
		usage();
	verb = argv[0];
	host = argv[1];
	argc -= 2;
	argv += 2;
	if (!strcmp(verb, "raw")) {
		while (argc--) {
			if (add_segment(*argv++))
				usage();
		}
	} else if (argc < 2) {
		usage();
	}
	/* An answer that is being waited for still counts when told to stop. */
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	fd = otseg_peer_connect(host, port, source, timeout_ms);
	if (fd < 0)
		return connect_failure(fd);
	if (!strcmp(verb, "raw"))
		code = send_raw(fd);
	else if (!strcmp(verb, "poll"))
		code = poll_until_told(fd, argv);
	else if (!strcmp(verb, "read") || !strcmp(verb, "write"))
		code = transact(fd, verb[0] == 'w', argc, argv);
	if (code == 2)
		usage();
	return code;
}
