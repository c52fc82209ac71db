/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Captures of Ethernet frames, pcap or pcapng.
 *
 * A frame that was captured before its sender's hardware had completed it lacks
 * its IPv4 header checksum; it gets the one that it had on the wire.
 */
#ifndef OTSEG_CAPTURE_H
#define OTSEG_CAPTURE_H

#include <stdbool.h>

#include "otseg/types.h"

/**
 * struct otseg_frame - one frame of a capture
 * @number: from 1 on
 * @time_ns: when it was captured
 * @data: the captured bytes; valid until the next frame
 * @len: their number
 * @wire_len: bytes it had on the wire; more than @len if it was cut
 * @completed: its IPv4 header checksum was left to hardware, and is filled in here
 */
struct otseg_frame {
	u64 number;
	u64 time_ns;
	const u8 *data;
	u32 len;
	u32 wire_len;
	bool completed;
};

struct otseg_capture;

int otseg_capture_open(const char *path, struct otseg_capture **capture);
int otseg_capture_next(struct otseg_capture *capture, struct otseg_frame *frame);
void otseg_capture_close(struct otseg_capture *capture);

#endif /* OTSEG_CAPTURE_H */
