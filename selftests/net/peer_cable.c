// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cable from a tap device, which it makes, to another device: what the tap receives comes from
 * there, and what it sends goes there. Until a signal ends it.
 *
 *	peer_cable TAP DEVICE
 *
 * Frames are written without waiting: those are the ones that the driver of the tap runs native
 * XDP on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "peer_cable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int tap_make(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die("/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request))
		die(name);
	return fd;
}

static int device_open(const char *name)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || !address.sll_ifindex)
		die(name);
	/* Not what goes out by it. */
	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(name);
	return fd;
}

/* As a cable does, it loses what cannot be sent: a device that is down. */
static void carry(int from, int to)
{
	char frame[65536];
	ssize_t len;

	while ((len = read(from, frame, sizeof(frame))) > 0) {
		if (write(to, frame, (size_t)len) < 0 && errno == EBADFD)
			die("tap");
	}
}

int main(int argc, char **argv)
{
	struct pollfd waits[2];

	if (argc != 3) {
		fprintf(stderr, "usage: peer_cable TAP DEVICE\n");
		return 2;
	}
	waits[0] = (struct pollfd){ .fd = tap_make(argv[1]), .events = POLLIN };
	waits[1] = (struct pollfd){ .fd = device_open(argv[2]), .events = POLLIN };
	for (;;) {
		if (poll(waits, 2, -1) < 0)
			die("poll");
		/* A tap that is down is always ready, with an error. */
		if (waits[0].revents & POLLERR)
			usleep(10000);
		carry(waits[0].fd, waits[1].fd);
		carry(waits[1].fd, waits[0].fd);
	}
}
