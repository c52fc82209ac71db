// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading captures through libpcap.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "command.h"

#define MAC_HEADER 14
#define VLAN_TAG 4
#define IPV4_HEADER 20

struct otseg_capture {
	const char *path;
	pcap_t *pcap;
	u64 n_frames;
	u8 *copy; /* of a frame that had to be completed */
};

static int file_open(struct otseg_capture *capture)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	const char *name;
	FILE *file;
	int type;

	/* Not by name: libpcap takes "-" for standard input and hides errno. */
	file = fopen(capture->path, "re");
	if (!file) {
		int err = -errno;

		otseg_error_print("%s: %s", capture->path, strerror(-err));
		return err;
	}
	capture->pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!capture->pcap) {
		otseg_error_print("%s: not a capture: %s", capture->path, why);
		fclose(file);
		return -EPROTO;
	}
	type = pcap_datalink(capture->pcap);
	if (type == DLT_EN10MB)
		return 0;
	name = pcap_datalink_val_to_name(type);
	otseg_error_print("%s: frames of type %s, not Ethernet", capture->path,
			  name ? name : "unknown");
	return -EPROTO;
}

/**
 * otseg_capture_open - open a capture
 * @path: the file; must outlive the capture
 * @capture: takes the capture; otseg_capture_close() it
 *
 * Return: 0, -EPROTO if it is no capture of Ethernet frames, or another negative
 * errno; told.
 */
int otseg_capture_open(const char *path, struct otseg_capture **capture)
{
	struct otseg_capture *new = calloc(1, sizeof(*new));
	int err;

	if (!new) {
		otseg_error_print("%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	new->path = path;
	err = file_open(new);
	if (err)
		otseg_capture_close(new);
	else
		*capture = new;
	return err;
}

static u32 u16_at(const u8 *bytes)
{
	return (u32)bytes[0] << 8 | bytes[1];
}

/* Where the IPv4 header of a frame begins, 0: it has none. */
static u32 ipv4_find(const struct otseg_frame *frame)
{
	u32 off = MAC_HEADER - 2;

	while (off + VLAN_TAG + 2 <= frame->len &&
	       (u16_at(frame->data + off) == 0x8100 || u16_at(frame->data + off) == 0x88a8))
		off += VLAN_TAG;
	if (off + 2 + IPV4_HEADER > frame->len || u16_at(frame->data + off) != 0x0800)
		return 0;
	return off + 2;
}

static int checksum_complete(struct otseg_capture *capture, struct otseg_frame *frame)
{
	u32 off = ipv4_find(frame);
	u32 len = off ? (frame->data[off] & 15u) * 4 : 0;
	u32 sum = 0, i;

	frame->completed = false;
	if (len < IPV4_HEADER || off + len > frame->len || u16_at(frame->data + off + 10))
		return 0;
	for (i = 0; i < len; i += 2)
		sum += u16_at(frame->data + off + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	if (!sum)
		return 0;
	free(capture->copy);
	capture->copy = malloc(frame->len);
	if (!capture->copy)
		return -ENOMEM;
	memcpy(capture->copy, frame->data, frame->len);
	capture->copy[off + 10] = (u8)(sum >> 8);
	capture->copy[off + 11] = (u8)sum;
	frame->data = capture->copy;
	frame->completed = true;
	return 0;
}

/**
 * otseg_capture_next - read the next frame
 * @capture: the capture
 * @frame: takes it
 *
 * Return: 1, 0 at the end, -EPROTO if the capture is damaged, or -ENOMEM; told.
 */
int otseg_capture_next(struct otseg_capture *capture, struct otseg_frame *frame)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	int ret = pcap_next_ex(capture->pcap, &header, &data);

	if (ret == PCAP_ERROR_BREAK)
		return 0;
	capture->n_frames++;
	if (ret != 1) {
		otseg_error_print("%s: frame %llu: %s", capture->path,
				  (unsigned long long)capture->n_frames,
				  pcap_geterr(capture->pcap));
		return -EPROTO;
	}
	frame->number = capture->n_frames;
	frame->time_ns = (u64)header->ts.tv_sec * 1000000000 + (u64)header->ts.tv_usec;
	frame->data = data;
	frame->len = header->caplen;
	frame->wire_len = header->len;
	if (checksum_complete(capture, frame)) {
		otseg_error_print("%s: %s", capture->path, strerror(ENOMEM));
		return -ENOMEM;
	}
	return 1;
}

/**
 * otseg_capture_close - close a capture
 * @capture: the capture, or NULL
 */
void otseg_capture_close(struct otseg_capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture->copy);
	free(capture);
}
