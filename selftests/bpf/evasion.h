/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Evasions of a protocol, as its file ../proto/NAME/evasions lists them; its form is told in
 * evasion.c. Only reads and keeps them: test_evasions.c tries them.
 */
#ifndef EVASION_H
#define EVASION_H

#include <stdbool.h>
#include <stddef.h>

#include "../../include/otseg/reason.h"
#include "../../include/otseg/types.h"

#define EVASIONS 14 /* E1 to E14 */
#define EVASION_PASS OTSEG_R_RULE /* in place of a reason: it passes */

/**
 * struct evasion_step - something that is sent, and what becomes of it
 * @bytes: a message; NULL: a connection to @port is opened
 * @len: bytes of it
 * @line: of the file
 * @reason: EVASION_PASS or why it is refused
 * @service: that it is sent to, if that is another one than the file's
 * @port: to open
 * @is_reply: of the side that did not open the flow
 */
struct evasion_step {
	u8 *bytes;
	u32 len;
	u32 line;
	u32 reason;
	u32 service;
	u16 port;
	bool is_reply;
};

/**
 * struct evasion_steps - some of them, in order
 * @at: them
 * @n: their number
 */
struct evasion_steps {
	struct evasion_step *at;
	u32 n;
};

/**
 * struct evasion_case - one conversation
 * @number: 1 to EVASIONS
 * @words: what is tried
 * @is_alone: nothing opens it
 * @mac: where its frames go, of services without addresses; all zero: to the peer
 * @steps: it, behind what opens conversations
 */
struct evasion_case {
	u32 number;
	char *words;
	bool is_alone;
	u8 mac[6];
	struct evasion_steps steps;
};

/**
 * struct evasion_face - the protocol over one carrier
 * @carrier: OTSEG_ON_TCP, _UDP or _LINK
 * @opens: what has to pass before anything else can
 * @allowed: a message that the rules let pass; it may come again and again
 * @refused: one that they refuse
 * @joined: why both in one datagram are refused
 * @cases: conversations
 * @n_cases: their number
 */
struct evasion_face {
	u32 carrier;
	struct evasion_steps opens;
	struct evasion_step allowed;
	struct evasion_step refused;
	u32 joined;
	struct evasion_case *cases;
	u32 n_cases;
};

/**
 * struct evasion_file - the evasions of a protocol
 * @name: of the service
 * @service: it
 * @rules: of the policy, each the inside of braces
 * @n_rules: their number
 * @faces: over each carrier
 * @n_faces: their number
 * @why_not: why an evasion does not apply, by its number; NULL: it does
 */
struct evasion_file {
	char name[32];
	u32 service;
	char **rules;
	u32 n_rules;
	struct evasion_face faces[2];
	u32 n_faces;
	char *why_not[EVASIONS + 1];
};

const char *evasion_reason(u32 reason);
int evasion_read(const char *top, const char *name, struct evasion_file *file);
void evasion_free(struct evasion_file *file);

#endif /* EVASION_H */
