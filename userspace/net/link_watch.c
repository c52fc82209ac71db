// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything follows from the state that is found; a message of the kernel that a link has
 * changed only says that it is time to look.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "../command.h"
#include "link_watch.h"

#define FAILURES_MAX 10 /* looks in a row that fail while others change the datapath */

static volatile sig_atomic_t is_over;

static void end(int sig)
{
	(void)sig;
	is_over = 1;
}

/**
 * otseg_link_watch_is_over - has a signal come?
 *
 * Return: whether otseg_link_watch() is to end.
 */
bool otseg_link_watch_is_over(void)
{
	return is_over;
}

/* Until a link changes, or the time has come. What messages say does not matter, nor that some are lost. */
static int wait_for_change(struct mnl_socket *socket, int ms)
{
	struct pollfd waits = { .fd = mnl_socket_get_fd(socket), .events = POLLIN };
	char buffer[8192];
	ssize_t len;

	if (poll(&waits, 1, ms) < 0)
		return errno == EINTR ? 0 : -errno;
	do {
		len = recv(waits.fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	} while (len > 0 || (len < 0 && errno == ENOBUFS));
	return 0;
}

/**
 * otseg_link_watch - look now, and whenever a link has changed, until SIGTERM or SIGINT comes
 * @look: looks
 * @data: for @look
 *
 * Return: 0 after a signal, or a negative errno, which has been told: looks fail again and
 * again, or changes cannot be waited for.
 */
int otseg_link_watch(otseg_link_watch_fn look, void *data)
{
	struct sigaction action = { .sa_handler = end };
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err = 0, failures = 0, wait_ms;

	if (!socket || mnl_socket_bind(socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		otseg_error_print("links: %s", strerror(-err));
		if (socket)
			mnl_socket_close(socket);
		return err;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	while (!is_over) {
		wait_ms = 0;
		err = look(data, &wait_ms);
		failures = err ? failures + 1 : 0;
		if (failures > FAILURES_MAX)
			break;
		err = wait_for_change(socket, wait_ms);
		if (err) {
			otseg_error_print("waiting for changes of links: %s", strerror(-err));
			break;
		}
	}
	mnl_socket_close(socket);
	return err;
}
