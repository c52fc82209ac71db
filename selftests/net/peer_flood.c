// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flood: frames that differ in what a firewall keeps state by, so many a second.
 *
 *   peer_flood [OPTION]... DEVICE syn        TCP SYNs
 *   peer_flood [OPTION]... DEVICE udp        UDP datagrams
 *   peer_flood [OPTION]... DEVICE fragment   first fragments of UDP datagrams
 *   peer_flood [OPTION]... DEVICE arp        ARP requests
 *   peer_flood [OPTION]... DEVICE pdu        on connections that it makes first,
 *                                            segments that are no Modbus PDU
 *
 * Each frame draws its addresses and ports from the ranges that --source, --target
 * and --port begin and --sources, --targets and --ports measure; the source port is any of
 * 1024 to 65535 unless --source-port says. The draws are the same each time. Prints
 * "ready" when it begins and "sent N" at the end.
 *
 * It sends --rate frames a second and never more than --count, so that the machine that
 * runs both sides is not what gives way.
 */
#define _GNU_SOURCE /* sendmmsg */
#include "peer_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define FRAME_LEN 128
#define CONNECTIONS_MAX 64
#define TIMEOUT_MS 5000

#define TCP_SYN 0x02
#define TCP_PSH 0x08
#define TCP_ACK 0x10

/* An established connection, as a segment of it must look. */
struct connection {
	int fd;
	uint16_t port;
	uint32_t seq, ack;
};

static uint8_t source_mac[6], target_mac[6];
static struct in_addr source, target;
static long n_sources = 1, n_targets = 1, source_port, port = 9, n_ports = 1, rate = 10000,
	    count = 10000, n_connections = 1;
static struct connection connections[CONNECTIONS_MAX];
static uint8_t frames[BATCH][FRAME_LEN];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

/* xorshift64* */
static uint32_t draw(uint32_t below)
{
	static uint64_t state = 20240229;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint16_t checksum(const uint8_t *data, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static uint32_t address(struct in_addr first, long n)
{
	return ntohl(first.s_addr) + draw(n);
}

static size_t put_ethernet(uint8_t *frame, const uint8_t *to, uint16_t type)
{
	memset(frame, 0, FRAME_LEN);
	memcpy(frame, to, 6);
	memcpy(frame + 6, source_mac, 6);
	put16(frame + 12, type);
	return 14;
}

/* A packet whose transport part, @len bytes with a checksum at @sum_at, is there already. */
static size_t put_ip(uint8_t *frame, uint32_t from, uint32_t to, uint8_t proto, size_t len,
		     size_t sum_at, uint16_t fragment)
{
	uint8_t *ip = frame + 14;

	memcpy(frame, target_mac, 6);
	memcpy(frame + 6, source_mac, 6);
	put16(frame + 12, ETHERTYPE_IP);
	put16(ip, 0x4500);
	put16(ip + 2, 20 + len);
	put16(ip + 4, draw(65536));
	put16(ip + 6, fragment);
	ip[8] = 64;
	ip[9] = proto;
	put16(ip + 10, 0);
	put32(ip + 12, from);
	put32(ip + 16, to);
	put16(ip + 10, checksum(ip, 20, 0));
	put16(ip + 20 + sum_at, 0);
	put16(ip + 20 + sum_at, checksum(ip + 12, 8 + len, proto + len));
	return 34 + len;
}

static uint16_t any_source_port(void)
{
	return source_port ? source_port : 1024 + draw(65536 - 1024);
}

static size_t make_tcp(uint8_t *frame, uint32_t from, uint32_t to, uint16_t sport,
		       const uint32_t numbers[2], uint8_t flags, size_t len)
{
	uint8_t *tcp = frame + 34;

	put16(tcp, sport);
	put16(tcp + 2, port + draw(n_ports));
	put32(tcp + 4, numbers[0]);
	put32(tcp + 8, numbers[1]);
	put16(tcp + 12, 5 << 12 | flags);
	put16(tcp + 14, 64240);
	put16(tcp + 18, 0);
	return put_ip(frame, from, to, IPPROTO_TCP, 20 + len, 16, 0x4000);
}

static size_t make_syn(uint8_t *frame)
{
	const uint32_t numbers[2] = { draw(1u << 31), 0 };

	return make_tcp(frame, address(source, n_sources), address(target, n_targets),
			any_source_port(), numbers, TCP_SYN, 0);
}

static size_t make_udp(uint8_t *frame, uint16_t fragment)
{
	uint8_t *udp = frame + 34;

	put16(udp, any_source_port());
	put16(udp + 2, port + draw(n_ports));
	put16(udp + 4, 8 + 16);
	memset(udp + 8, 'f', 16);
	return put_ip(frame, address(source, n_sources), address(target, n_targets), IPPROTO_UDP,
		      8 + 16, 6, fragment);
}

static size_t make_datagram(uint8_t *frame)
{
	return make_udp(frame, 0);
}

static size_t make_fragment(uint8_t *frame)
{
	return make_udp(frame, 0x2000);
}

static size_t make_arp(uint8_t *frame)
{
	static const uint8_t everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t *arp = frame + put_ethernet(frame, everybody, ETHERTYPE_ARP);

	put16(arp, 1);
	put16(arp + 2, ETHERTYPE_IP);
	put16(arp + 4, 6 << 8 | 4);
	put16(arp + 6, 1);
	memcpy(arp + 8, source_mac, 6);
	put32(arp + 14, address(source, n_sources));
	put32(arp + 24, address(target, n_targets));
	return 60;
}

/* Random bytes, of which those that name the protocol do not say Modbus. */
static size_t make_pdu(uint8_t *frame)
{
	const struct connection *c = &connections[draw(n_connections)];
	const uint32_t numbers[2] = { c->seq, c->ack };
	size_t len = 8 + draw(FRAME_LEN - 54 - 8), i;

	for (i = 0; i < len; i++)
		frame[54 + i] = draw(256);
	frame[54 + 2] |= 1;
	return make_tcp(frame, ntohl(source.s_addr), ntohl(target.s_addr), c->port, numbers,
			TCP_ACK | TCP_PSH, len);
}

/* The kernel's next numbers; it never learns of what is sent in its name. */
static int connection_numbers(struct connection *c)
{
	struct sockaddr_in own;
	socklen_t len = sizeof(own);
	int value = TCP_REPAIR_ON;

	if (getsockname(c->fd, (struct sockaddr *)&own, &len) ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR, &value, sizeof(value)))
		return -errno;
	c->port = ntohs(own.sin_port);
	len = sizeof(c->seq);
	value = TCP_SEND_QUEUE;
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &value, sizeof(value)) ||
	    getsockopt(c->fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &c->seq, &len))
		return -errno;
	value = TCP_RECV_QUEUE;
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &value, sizeof(value)) ||
	    getsockopt(c->fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &c->ack, &len))
		return -errno;
	value = TCP_REPAIR_OFF_NO_WP;
	return setsockopt(c->fd, IPPROTO_TCP, TCP_REPAIR, &value, sizeof(value)) ? -errno : 0;
}

static int connect_all(void)
{
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
	int err;
	long i;

	inet_ntop(AF_INET, &source, from, sizeof(from));
	inet_ntop(AF_INET, &target, to, sizeof(to));
	for (i = 0; i < n_connections; i++) {
		connections[i].fd = otseg_peer_connect(to, port, from, TIMEOUT_MS);
		err = connections[i].fd < 0 ? connections[i].fd : connection_numbers(&connections[i]);
		if (err) {
			fprintf(stderr, "peer_flood: connection %ld: %s\n", i, strerror(-err));
			return err;
		}
	}
	return 0;
}

static int open_device(const char *name)
{
	struct sockaddr_ll device = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct ifreq request = {};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request))
		return -errno;
	memcpy(source_mac, request.ifr_hwaddr.sa_data, 6);
	if (ioctl(fd, SIOCGIFINDEX, &request))
		return -errno;
	device.sll_ifindex = request.ifr_ifindex;
	return bind(fd, (struct sockaddr *)&device, sizeof(device)) ? -errno : fd;
}

/* What is sent late is not made up for by a burst: it is sent late. */
static int flood(int fd, size_t (*make)(uint8_t *frame))
{
	const int64_t gap_ns = 1000000000ll * BATCH / rate;
	struct timespec next;
	long sent = 0;
	int i, n, got;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (sent < count) {
		n = count - sent < BATCH ? count - sent : BATCH;
		for (i = 0; i < n; i++) {
			parts[i] = (struct iovec){ frames[i], make(frames[i]) };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
		}
		for (i = 0; i < n; i += got) {
			got = sendmmsg(fd, messages + i, n - i, 0);
			if (got < 0 && errno != ENOBUFS && errno != EAGAIN)
				return -errno;
			if (got < 0)
				got = 0;
		}
		sent += n;
		next.tv_nsec += gap_ns;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("sent %ld\n", sent);
	return 0;
}

_Noreturn static void usage(void)
{
	fputs("usage: peer_flood [OPTION]... DEVICE syn|udp|fragment|arp|pdu\n"
	      "options: --target-mac MAC --source IPV4 --sources N --target IPV4 --targets N\n"
	      "         --source-port N --port N --ports N --rate N --count N --connections N\n",
	      stderr);
	exit(2);
}

static int parse_mac(const char *text, uint8_t mac[6])
{
	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5]) != 6;
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "target-mac", required_argument, NULL, 'T' },
		{ "source", required_argument, NULL, 's' },
		{ "sources", required_argument, NULL, 'S' },
		{ "target", required_argument, NULL, 't' },
		{ "targets", required_argument, NULL, 'N' },
		{ "source-port", required_argument, NULL, 'o' },
		{ "port", required_argument, NULL, 'p' },
		{ "ports", required_argument, NULL, 'P' },
		{ "rate", required_argument, NULL, 'r' },
		{ "count", required_argument, NULL, 'c' },
		{ "connections", required_argument, NULL, 'n' },
		{ 0 },
	};
	long *number;
	int option, err;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		number = option == 'S' ? &n_sources :
			 option == 'N' ? &n_targets :
			 option == 'o' ? &source_port :
			 option == 'p' ? &port :
			 option == 'P' ? &n_ports :
			 option == 'r' ? &rate :
			 option == 'c' ? &count :
			 option == 'n' ? &n_connections :
					 NULL;
		if (number)
			err = otseg_peer_number(optarg, 1, 10000000, number);
		else if (option == 's' || option == 't')
			err = inet_pton(AF_INET, optarg, option == 's' ? &source : &target) != 1;
		else
			err = option != 'T' || parse_mac(optarg, target_mac);
		if (err)
			usage();
	}
	if (n_connections > CONNECTIONS_MAX || port + n_ports > 65536)
		usage();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *verb;
		size_t (*make)(uint8_t *frame);
	} kinds[] = {
		{ "syn", make_syn },
		{ "udp", make_datagram },
		{ "fragment", make_fragment },
		{ "arp", make_arp },
		{ "pdu", make_pdu },
	};
	size_t i;
	int fd;

	parse_options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc != 2)
		usage();
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].verb))
			break;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		usage();
	fd = open_device(argv[0]);
	if (fd >= 0 && kinds[i].make == make_pdu && connect_all())
		return 1;
	puts("ready");
	fflush(stdout);
	if (fd >= 0)
		fd = flood(fd, kinds[i].make);
	if (fd < 0) {
		fprintf(stderr, "peer_flood: %s\n", strerror(-fd));
		return 1;
	}
	return 0;
}
