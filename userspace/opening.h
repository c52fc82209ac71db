/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The three segments that opened a TCP connection before the capture began.
 */
#ifndef OTSEG_OPENING_H
#define OTSEG_OPENING_H

#include "../bpf/engine/packet.h"
#include "capture.h"

#define OTSEG_OPENING_MAX 128 /* bytes of one of the frames */

enum otseg_opening {
	OTSEG_OPENING_SYN, /* in the direction of the frame at hand */
	OTSEG_OPENING_SYN_ACK, /* in the other one */
	OTSEG_OPENING_ACK, /* in the direction of the frame again */
	OTSEG_OPENING_COUNT,
};

u32 otseg_opening_build(const struct otseg_frame *frame, const struct otseg_packet *packet,
			enum otseg_opening step, u8 out[OTSEG_OPENING_MAX]);

#endif /* OTSEG_OPENING_H */
