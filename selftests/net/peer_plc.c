// SPDX-License-Identifier: GPL-2.0-only
/*
 * A programmable controller as the network sees it: a Modbus/TCP server made
 * of libmodbus. Writes a line of JSON for each request that really arrived, so
 * that a test can prove that a refused one did not.
 *
 *   peer_plc [--address ADDRESS] [--port PORT] --log FILE
 *
 * Holding and input register N hold 1000 + N and 2000 + N at first.
 */
#include "peer_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <modbus.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BANK_SIZE 1024
#define MBAP_LEN 7

/* The process image; shared, because each connection has its own process. */
struct bank {
	uint8_t coils[BANK_SIZE];
	uint8_t inputs[BANK_SIZE];
	uint16_t holding[BANK_SIZE];
	uint16_t input[BANK_SIZE];
};

static struct bank *bank;
static int log_fd;

static void log_line(const char *line, int len)
{
	/* One write: O_APPEND keeps the lines of all processes whole. */
	if (write(log_fd, line, len) != len)
		_exit(1);
}

static void log_request(const char *peer, const uint8_t *adu, int len)
{
	char line[1024];
	int at, i;

	at = snprintf(line, sizeof(line),
		      "{\"event\":\"request\",\"peer\":\"%s\",\"unit\":%u,\"function\":%u", peer,
		      adu[6], adu[7]);
	if (len >= MBAP_LEN + 5)
		at += snprintf(line + at, sizeof(line) - at, ",\"address\":%u,\"operand\":%u",
			       adu[8] << 8 | adu[9], adu[10] << 8 | adu[11]);
	at += snprintf(line + at, sizeof(line) - at, ",\"adu\":\"");
	for (i = 0; i < len; i++)
		at += snprintf(line + at, sizeof(line) - at, "%02x", adu[i]);
	at += snprintf(line + at, sizeof(line) - at, "\"}\n");
	log_line(line, at);
}

static void log_event(const char *event, const char *peer)
{
	char line[128];

	log_line(line,
		 snprintf(line, sizeof(line), "{\"event\":\"%s\",\"peer\":\"%s\"}\n", event, peer));
}

static void serve(int fd, const struct otseg_peer_addr *addr)
{
	modbus_mapping_t map = {
		.nb_bits = BANK_SIZE,
		.nb_input_bits = BANK_SIZE,
		.nb_registers = BANK_SIZE,
		.nb_input_registers = BANK_SIZE,
		.tab_bits = bank->coils,
		.tab_input_bits = bank->inputs,
		.tab_registers = bank->holding,
		.tab_input_registers = bank->input,
	};
	uint8_t adu[MODBUS_TCP_MAX_ADU_LENGTH];
	modbus_t *modbus = modbus_new_tcp(NULL, 0);
	char peer[NI_MAXHOST];
	int len;

	if (!modbus || getnameinfo((struct sockaddr *)&addr->sa, addr->len, peer, sizeof(peer),
				   NULL, 0, NI_NUMERICHOST))
		_exit(1);
	/* The listener speaks both families; a reader wants the address it knows. */
	if (!strncmp(peer, "::ffff:", 7))
		memmove(peer, peer + 7, strlen(peer + 7) + 1);
	log_event("connected", peer);
	modbus_set_socket(modbus, fd);
	/* A request may come in single bytes, with lost segments between them. */
	modbus_set_byte_timeout(modbus, 60, 0);
	for (;;) {
		len = modbus_receive(modbus, adu);
		if (len < 0)
			break;
		if (len <= MBAP_LEN)
			continue;
		log_request(peer, adu, len);
		if (modbus_reply(modbus, adu, len, &map) < 0)
			break;
	}
	log_event(errno == ECONNRESET ? "closed" : "broken", peer);
}

static void accept_loop(int listener)
{
	struct otseg_peer_addr addr;
	pid_t parent = getpid();
	int fd;

	for (;;) {
		addr.len = sizeof(addr.sa);
		fd = accept(listener, (struct sockaddr *)&addr.sa, &addr.len);
		if (fd < 0)
			continue;
		switch (fork()) {
		case 0:
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() == parent)
				serve(fd, &addr);
			_exit(0);
		case -1:
			perror("peer_plc: fork");
			break;
		}
		close(fd);
	}
}

_Noreturn static void usage(void)
{
	fputs("usage: peer_plc [--address ADDRESS] [--port PORT] --log FILE\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "port", required_argument, NULL, 'p' },
		{ "log", required_argument, NULL, 'l' },
		{ 0 },
	};
	const char *address = NULL, *log = NULL;
	int listener, option, i;
	long port = 502;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a')
			address = optarg;
		else if (option == 'l')
			log = optarg;
		else if (option != 'p' || otseg_peer_number(optarg, 1, 65535, &port))
			usage();
	}
	if (optind != argc || !log)
		usage();
	log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	bank = mmap(NULL, sizeof(*bank), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (log_fd < 0 || bank == MAP_FAILED) {
		perror("peer_plc");
		return 1;
	}
	for (i = 0; i < BANK_SIZE; i++) {
		bank->holding[i] = 1000 + i;
		bank->input[i] = 2000 + i;
	}
	listener = otseg_peer_bind(SOCK_STREAM, address, port);
	if (listener < 0) {
		fprintf(stderr, "peer_plc: cannot listen: %s\n", strerror(-listener));
		return 1;
	}
	signal(SIGCHLD, SIG_IGN);
	log_event("listening", address ? address : "any");
	accept_loop(listener);
}
