/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the peers of the network tests share: numeric addresses, a connection
 * with a source and a deadline, and the clock that deadlines are held against.
 */
#ifndef OTSEG_PEER_SOCKET_H
#define OTSEG_PEER_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/**
 * struct otseg_peer_addr - one end of a conversation, ready for the socket calls
 * @len: bytes of @sa that count
 * @sa: the address
 */
struct otseg_peer_addr {
	socklen_t len;
	struct sockaddr_storage sa;
};

int otseg_peer_resolve(const char *host, uint16_t port, struct otseg_peer_addr *addr);
int otseg_peer_connect(const char *host, uint16_t port, const char *source, int timeout_ms);
int otseg_peer_bind(int type, const char *host, uint16_t port);
int otseg_peer_number(const char *text, long first, long last, long *number);
int64_t otseg_peer_now_ms(void);

#endif /* OTSEG_PEER_SOCKET_H */
