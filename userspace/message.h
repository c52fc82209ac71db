/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inspected messages in words: as JSON and as one line of text.
 */
#ifndef OTSEG_TOOL_MESSAGE_H
#define OTSEG_TOOL_MESSAGE_H

#include <jansson.h>

#include "../bpf/engine/message.h"

json_t *otseg_message_json(const struct otseg_msg *msg, const u8 *pdu, u32 pdu_len);
void otseg_message_text(FILE *out, const json_t *message);

#endif /* OTSEG_TOOL_MESSAGE_H */
