// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes from the network, as a PDU of one service in either direction and in any state
 * of its conversation. What must hold of every inspector: nothing is read past the
 * end; the beginning of what is acceptable is acceptable, and what it says stays true;
 * what is refused stays refused; what is whole does not depend on what follows; and
 * ask_sound() of every message, and ask_recurs() of whole ones. The service is the part of the
 * program's name behind "fuzz_inspect-".
 *
 * The first byte of an input is the direction and whether it comes in a datagram, then
 * 4 bytes of state, the rest are the PDU.
 */
#include <stdio.h>

#include "../proto/ask.h"

#define HEAD 5
#define EACH 160 /* up to so many bytes every beginning is tried, behind that some */

static u32 service;

static void insist(const char *complaint, u32 have)
{
	if (!complaint)
		return;
	fprintf(stderr, "the first %u bytes: %s\n", have, complaint);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = strstr((*argv)[0], "fuzz_inspect-");
	int found = name ? otseg_words_service(name + strlen("fuzz_inspect-")) : -1;

	(void)argc;
	if (found < 0) {
		fprintf(stderr, "no such service: %s\n", (*argv)[0]);
		exit(1);
	}
	service = (u32)found;
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct answer now, before;
	struct ask ask = { .service = service };
	struct answer swap;
	u32 state, n;

	if (size < HEAD || size > HEAD + 2 * OTSEG_PDU_MAX)
		return 0;
	n = (u32)size - HEAD;
	ask.dir = data[0] & 1;
	memcpy(&state, data + 1, sizeof(state));
	ask_carry(&ask, state, data[0] & 2);
	ask.bytes = data + HEAD;
	for (;;) {
		ask_all(&ask, &now);
		insist(now.wrong, ask.have);
		if (now.fate == ASK_WHOLE)
			insist(ask_recurs(&ask, &now), ask.have);
		if (ask.have && !ask.is_datagram)
			insist(ask_follows(&before, &now), ask.have);
		if (ask.have == n)
			return 0;
		swap = before;
		before = now;
		now = swap;
		ask.have += ask.have < EACH ? 1 : 1 + ask.bytes[ask.have] % 64;
		if (ask.have > n)
			ask.have = n;
	}
}
