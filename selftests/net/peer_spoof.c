// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts frames on a wire that no honest stack would send: somebody else's
 * address, any VLAN tags, any bytes. Also shows the frames that arrive.
 *
 *   peer_spoof [OPTION]... DEVICE udp|tcp|echo|unreachable
 *   peer_spoof [OPTION]... DEVICE hex FILE       a frame per line, # comments
 *   peer_spoof [OPTION]... DEVICE listen         prints frames, tags included
 *
 * A made-up packet is a UDP datagram, a TCP SYN, an ICMP echo request or an ICMP
 * error ("fragmentation needed", about a datagram that the target had sent from
 * --source-port to --port); right in every length and checksum: what is wrong
 * with it is said by the options.
 */
#include "peer_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAME_MAX 9216
#define TAGS_MAX 4

static uint8_t frame[FRAME_MAX];
static size_t frame_len;
static uint8_t source_mac[6], target_mac[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static struct otseg_peer_addr source, target;
static long tags[TAGS_MAX], n_tags, count = 1, source_port = 40000, port = 9, payload = 18;
static volatile sig_atomic_t told;

static void tell(int sig)
{
	(void)sig;
	told = 1;
}

static void put(const void *data, size_t len)
{
	if (frame_len + len > sizeof(frame)) {
		fputs("peer_spoof: frame too long\n", stderr);
		exit(2);
	}
	memcpy(frame + frame_len, data, len);
	frame_len += len;
}

static void put16(uint16_t value)
{
	value = htons(value);
	put(&value, sizeof(value));
}

static uint32_t sum(const uint8_t *data, size_t len, uint32_t start)
{
	size_t i;

	for (i = 0; i < len; i++)
		start += i & 1 ? data[i] : data[i] << 8;
	return start;
}

static void fix_checksum(size_t at, uint32_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	frame[at] = ~total >> 8;
	frame[at + 1] = ~total;
}

static void put_ethernet(uint16_t ethertype)
{
	long i;

	frame_len = 0;
	put(target_mac, sizeof(target_mac));
	put(source_mac, sizeof(source_mac));
	for (i = 0; i < n_tags; i++) {
		put16(ETHERTYPE_VLAN);
		put16(tags[i]);
	}
	put16(ethertype);
}

/* Returns the sum over the pseudo header. */
static uint32_t put_ip(uint8_t proto, uint16_t len)
{
	const struct sockaddr_in *from = (struct sockaddr_in *)&source.sa;
	const struct sockaddr_in *to = (struct sockaddr_in *)&target.sa;
	const struct sockaddr_in6 *from6 = (struct sockaddr_in6 *)&source.sa;
	const struct sockaddr_in6 *to6 = (struct sockaddr_in6 *)&target.sa;
	size_t at;

	if (source.sa.ss_family == AF_INET6) {
		put_ethernet(ETHERTYPE_IPV6);
		put16(0x6000);
		put16(0);
		put16(len);
		put16(proto << 8 | 64);
		put(&from6->sin6_addr, 16);
		put(&to6->sin6_addr, 16);
		return sum(frame + frame_len - 32, 32, proto + len);
	}
	put_ethernet(ETHERTYPE_IP);
	at = frame_len;
	put16(0x4500);
	put16(20 + len);
	put16(0x1234);
	put16(0x4000);
	put16(64 << 8 | proto);
	put16(0);
	put(&from->sin_addr, 4);
	put(&to->sin_addr, 4);
	fix_checksum(at + 10, sum(frame + at, 20, 0));
	return sum(frame + frame_len - 8, 8, proto + len);
}

static void put_payload(void)
{
	long i;
	uint8_t byte;

	for (i = 0; i < payload; i++) {
		byte = 'a' + i % 26;
		put(&byte, 1);
	}
}

static void make_udp(void)
{
	uint32_t pseudo = put_ip(IPPROTO_UDP, 8 + payload);
	size_t at = frame_len;

	put16(source_port);
	put16(port);
	put16(8 + payload);
	put16(0);
	put_payload();
	fix_checksum(at + 6, sum(frame + at, frame_len - at, pseudo));
}

static void make_tcp_syn(void)
{
	uint32_t pseudo = put_ip(IPPROTO_TCP, 20);
	size_t at = frame_len;

	put16(source_port);
	put16(port);
	put16(0x1122);
	put16(0x3344);
	put16(0);
	put16(0);
	put16(5 << 12 | 0x02);
	put16(64240);
	put16(0);
	put16(0);
	fix_checksum(at + 16, sum(frame + at, frame_len - at, pseudo));
}

static void make_echo(void)
{
	int is_v6 = source.sa.ss_family == AF_INET6;
	uint32_t pseudo = put_ip(is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8 + payload);
	size_t at = frame_len;

	put16(is_v6 ? 128 << 8 : 8 << 8);
	put16(0);
	put16(source_port);
	put16(1);
	put_payload();
	fix_checksum(at + 2, sum(frame + at, frame_len - at, is_v6 ? pseudo : 0));
}

/* RFC 792 and RFC 1191: type 3, code 4, next-hop MTU, then the quoted datagram. */
static void make_unreachable(void)
{
	const struct otseg_peer_addr swap = source;
	size_t at, quote, quote_len;
	uint8_t quoted[256];

	/* The datagram as the target would have sent it, without its Ethernet header. */
	source = target;
	target = swap;
	make_udp();
	target = source;
	source = swap;
	quote = frame_len - (20 + 8 + payload);
	quote_len = 20 + 8;
	memcpy(quoted, frame + quote, quote_len);
	put_ip(IPPROTO_ICMP, 8 + quote_len);
	at = frame_len;
	put16(3 << 8 | 4);
	put16(0);
	put16(0);
	put16(1300);
	put(quoted, quote_len);
	fix_checksum(at + 2, sum(frame + at, frame_len - at, 0));
}

static int send_frame(int fd)
{
	long i;

	for (i = 0; i < count; i++) {
		if (send(fd, frame, frame_len, 0) != (ssize_t)frame_len) {
			perror("peer_spoof: send");
			return 1;
		}
	}
	return 0;
}

static int send_file(int fd, const char *name)
{
	FILE *file = fopen(name, "r");
	static char line[2 * FRAME_MAX + 2];
	unsigned int byte;
	uint8_t octet;
	char *at;

	if (!file) {
		perror(name);
		return 1;
	}
	while (fgets(line, sizeof(line), file)) {
		frame_len = 0;
		for (at = line; sscanf(at, "%2x", &byte) == 1; at += 2) {
			octet = byte;
			put(&octet, 1);
		}
		if (*at != '\n' && *at != '#' && *at) {
			fprintf(stderr, "peer_spoof: %s: no frame: %s", name, line);
			return 2;
		}
		if (frame_len && send_frame(fd))
			return 1;
	}
	fclose(file);
	return 0;
}

/* The kernel takes the outer tag out of the frame and tells it apart. */
static int listen_frames(int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct sockaddr_ll from;
	struct iovec part = { .iov_base = frame, .iov_len = sizeof(frame) };
	struct msghdr message;
	struct tpacket_auxdata *aux;
	struct cmsghdr *header;
	ssize_t len, i;

	puts("listening");
	fflush(stdout);
	while (!told) {
		message = (struct msghdr){
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &part,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		len = recvmsg(fd, &message, 0);
		if (len < 12 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		for (i = 0; i < 12; i++)
			printf("%02x", frame[i]);
		for (header = CMSG_FIRSTHDR(&message); header;
		     header = CMSG_NXTHDR(&message, header)) {
			aux = (struct tpacket_auxdata *)CMSG_DATA(header);
			if (header->cmsg_type == PACKET_AUXDATA &&
			    aux->tp_status & TP_STATUS_VLAN_VALID)
				printf("%04x%04x", aux->tp_vlan_tpid, aux->tp_vlan_tci);
		}
		for (; i < len; i++)
			printf("%02x", frame[i]);
		putchar('\n');
		fflush(stdout);
	}
	return 0;
}

static int open_device(const char *name, uint16_t protocol)
{
	struct sockaddr_ll device = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1;

	if (fd < 0 || !device.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&device, sizeof(device))) {
		perror("peer_spoof: device");
		exit(1);
	}
	return fd;
}

_Noreturn static void usage(void)
{
	fputs("usage: peer_spoof [OPTION]... DEVICE udp|tcp|echo|unreachable|listen\n"
	      "       peer_spoof [OPTION]... DEVICE hex FILE\n"
	      "options: --source-mac MAC --target-mac MAC --source ADDRESS --target ADDRESS\n"
	      "         --source-port N --port N --payload N --vlan N... --count N\n",
	      stderr);
	exit(2);
}

static int parse_mac(const char *text, uint8_t mac[6])
{
	char end;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &end) == 6 ?
		       0 :
		       -EINVAL;
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "source-mac", required_argument, NULL, 'S' },
		{ "target-mac", required_argument, NULL, 'T' },
		{ "source", required_argument, NULL, 's' },
		{ "target", required_argument, NULL, 't' },
		{ "source-port", required_argument, NULL, 'o' },
		{ "port", required_argument, NULL, 'p' },
		{ "payload", required_argument, NULL, 'l' },
		{ "vlan", required_argument, NULL, 'v' },
		{ "count", required_argument, NULL, 'c' },
		{ 0 },
	};
	int option, err;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		err = -EINVAL;
		switch (option) {
		case 'S':
			err = parse_mac(optarg, source_mac);
			break;
		case 'T':
			err = parse_mac(optarg, target_mac);
			break;
		case 's':
			err = otseg_peer_resolve(optarg, 0, &source);
			break;
		case 't':
			err = otseg_peer_resolve(optarg, 0, &target);
			break;
		case 'o':
			err = otseg_peer_number(optarg, 0, 65535, &source_port);
			break;
		case 'p':
			err = otseg_peer_number(optarg, 0, 65535, &port);
			break;
		case 'l':
			err = otseg_peer_number(optarg, 0, 9000, &payload);
			break;
		case 'v':
			if (n_tags < TAGS_MAX)
				err = otseg_peer_number(optarg, 0, 65535, &tags[n_tags++]);
			break;
		case 'c':
			err = otseg_peer_number(optarg, 1, 1000000, &count);
			break;
		}
		if (err)
			usage();
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = tell };
	const char *verb;
	int fd;

	parse_options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc < 2)
		usage();
	verb = argv[1];
	fd = open_device(argv[0], strcmp(verb, "listen") ? 0 : ETH_P_ALL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (!strcmp(verb, "listen"))
		return listen_frames(fd);
	if (!strcmp(verb, "hex") && argc == 3)
		return send_file(fd, argv[2]);
	if (argc != 2 || !source.len || source.sa.ss_family != target.sa.ss_family)
		usage();
	if (!strcmp(verb, "udp"))
		make_udp();
	else if (!strcmp(verb, "tcp"))
		make_tcp_syn();
	else if (!strcmp(verb, "echo"))
		make_echo();
	else if (!strcmp(verb, "unreachable") && source.sa.ss_family == AF_INET)
		make_unreachable();
	else
		usage();
	return send_frame(fd);
}
