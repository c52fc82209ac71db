// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets of the test peers. Addresses are numeric: a test network has no name
 * server, and a look-up that waits for one would look like a refused packet.
 */
#include "peer_socket.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/**
 * otseg_peer_resolve - make a socket address of numbers
 * @host: IPv4 or IPv6 address in text, NULL for "any"
 * @port: port, host order
 * @addr: filled
 *
 * Return: 0, or -EINVAL if @host is no address.
 */
int otseg_peer_resolve(const char *host, uint16_t port, struct otseg_peer_addr *addr)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found;
	char service[8];

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(host ? host : "::", service, &hints, &found))
		return -EINVAL;
	memcpy(&addr->sa, found->ai_addr, found->ai_addrlen);
	addr->len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int connect_within(int fd, const struct otseg_peer_addr *to, int timeout_ms)
{
	struct pollfd waiter = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int err;

	if (!connect(fd, (const struct sockaddr *)&to->sa, to->len))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (poll(&waiter, 1, timeout_ms) <= 0)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return -errno;
	return -err;
}

/**
 * otseg_peer_connect - open a TCP connection
 * @host: whom to call
 * @port: its port
 * @source: address to call from, NULL for the system's choice
 * @timeout_ms: how long to wait for an answer
 *
 * Return: a non-blocking socket, -ETIMEDOUT if nobody answered, -ECONNREFUSED if
 * the other side has no such port, another negative errno on failure.
 */
int otseg_peer_connect(const char *host, uint16_t port, const char *source, int timeout_ms)
{
	struct otseg_peer_addr from, to;
	int fd, err;

	if (otseg_peer_resolve(host, port, &to) || (source && otseg_peer_resolve(source, 0, &from)))
		return -EINVAL;
	fd = socket(to.sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (source && bind(fd, (struct sockaddr *)&from.sa, from.len))
		err = -errno;
	else
		err = connect_within(fd, &to, timeout_ms);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/**
 * otseg_peer_bind - make a socket that others can reach
 * @type: SOCK_STREAM (it then listens) or SOCK_DGRAM
 * @host: own address, NULL for all of both families
 * @port: own port, 0 for any
 *
 * Return: the socket, or a negative errno.
 */
int otseg_peer_bind(int type, const char *host, uint16_t port)
{
	struct otseg_peer_addr addr;
	int fd, err, on = 1;

	err = otseg_peer_resolve(host, port, &addr);
	if (err)
		return err;
	fd = socket(addr.sa.ss_family, type | SOCK_CLOEXEC, 0);
	/* A namespace without IPv6 has no "any" of both families. */
	if (fd < 0 && errno == EAFNOSUPPORT && !host)
		return otseg_peer_bind(type, "0.0.0.0", port);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr.sa, addr.len) ||
	    (type == SOCK_STREAM && listen(fd, 64))) {
		err = -errno;
		close(fd);
		if (err == -EADDRNOTAVAIL && !host)
			return otseg_peer_bind(type, "0.0.0.0", port);
		return err;
	}
	return fd;
}

/**
 * otseg_peer_number - read a whole number of the command line
 * @text: decimal, octal or hexadecimal as in C
 * @first: least that is accepted
 * @last: greatest that is accepted
 * @number: filled
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int otseg_peer_number(const char *text, long first, long last, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 0);
	if (errno || end == text || *end)
		return -EINVAL;
	return *number < first || *number > last ? -ERANGE : 0;
}

/**
 * otseg_peer_now_ms - the clock of deadlines
 *
 * Return: milliseconds since some point in the past; never goes backward.
 */
int64_t otseg_peer_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
