/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A protocol's conversations, sent as frames through the datapath in the kernel and the
 * engine in userspace, which have to agree about each. For test_evasions.c; tricks.c is what
 * can be done to them.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "evasion.h"
#include "subject.h"

#define SEGMENT_MAX 1400
#define A OTSEG_TCP_ACK
#define TRIAL_COMPLAINTS 20 /* that are printed of one evasion */

/**
 * struct trial - a flow of a protocol over a carrier, through both
 * @subjects: datapath and engine
 * @ends: of each, by family of addresses, the opener first
 * @file: the protocol
 * @face: over this carrier
 * @others: all protocols
 * @n_others: their number
 * @number: evasion that is tried
 * @family: of addresses: 0: IPv4, 1: IPv6
 * @sport: the opener's port
 * @port: the other one's
 * @mac: where frames of services without addresses go, NULL: to the peer
 * @seq: next sequence number of each side
 * @n_frames: sent for this evasion
 * @n_wrong: of them, those that became something else
 */
struct trial {
	struct subject *subjects[2];
	struct end ends[2][2][2];
	const struct evasion_file *file;
	const struct evasion_face *face;
	const struct evasion_file *others;
	u32 n_others;
	u32 number;
	u32 family;
	u16 sport;
	u16 port;
	const u8 *mac;
	u32 seq[2];
	u32 n_frames;
	u32 n_wrong;
};

/**
 * struct say - a frame
 * @dir: 0: of the opener
 * @flags: of TCP
 * @bytes: payload
 * @len: bytes of it
 * @ahead: added to the sequence number
 * @ack_ahead: added to the acknowledgement
 * @spoil: changes the frame, NULL: nothing does
 */
struct say {
	u32 dir;
	u8 flags;
	const u8 *bytes;
	u32 len;
	u32 ahead;
	u32 ack_ahead;
	void (*spoil)(struct frame *f);
};

u32 trial_send(struct trial *t, const struct say *s);
__attribute__((format(printf, 4, 5))) void trial_expect(struct trial *t, u32 got, u32 wanted,
							const char *format, ...);
void trial_hear(struct trial *t, const struct say *s);
u32 trial_tell(struct trial *t, u32 dir, const u8 *bytes, u32 len);
u32 trial_tell_step(struct trial *t, const struct evasion_step *step);
void trial_begin_alone(struct trial *t);
void trial_begin(struct trial *t);
struct say trial_say(const struct evasion_step *step);

u32 tricks_run(struct trial *t);

#endif /* TRIAL_H */
