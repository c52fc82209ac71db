// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's image verifier, built for the tool: what the tool accepts is what
 * the module accepts, because it is the same text.
 */
#include "../../kmod/image_verify.c"
#include "../../kmod/verify_endpoint.c"
#include "../../kmod/verify_rule.c"
#include "../../kmod/verify_when.c"
