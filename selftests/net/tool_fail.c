// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into the tool: makes one bpf() call fail, or ends the process right
 * before it. Proves what is left when anything goes wrong in the middle.
 *
 *	TOOL_FAIL_AT=N		the N-th call, from 1
 *	TOOL_FAIL_HOW=fail|kill	default: fail, with ENOMEM
 *	TOOL_FAIL_LOG=FILE	takes the number of calls that were made
 *	TOOL_KILL_COMMIT=1	ends the process before it asks the module to commit
 *	TOOL_STOP_LOCK=1	stops the process before it first takes a lock
 *	TOOL_STOP_RENAME=N	stops the process before it renames a file for the N-th time
 *	TOOL_DRIVER=NAME	every device says that this is its driver
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/uapi/linux/otseg.h"

static unsigned long n_calls;

static void __attribute__((destructor)) log_write(void)
{
	const char *path = getenv("TOOL_FAIL_LOG");
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!file)
		return;
	fprintf(file, "%lu\n", n_calls);
	fclose(file);
}

static int is_fatal(void)
{
	const char *at = getenv("TOOL_FAIL_AT");
	const char *how = getenv("TOOL_FAIL_HOW");

	n_calls++;
	if (!at || strtoul(at, NULL, 10) != n_calls)
		return 0;
	if (how && !strcmp(how, "kill"))
		raise(SIGKILL);
	return 1;
}

/* What was read before the lock is old when the process goes on. */
int flock(int fd, int operation)
{
	static int (*next)(int fd, int operation);

	if (!next) {
		next = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
		if (getenv("TOOL_STOP_LOCK"))
			raise(SIGSTOP);
	}
	return next(fd, operation);
}

/* A file has been written, and the one that it replaces is still there. */
int rename(const char *from, const char *to)
{
	static int (*next)(const char *from, const char *to);
	static unsigned long n_renames;
	const char *at = getenv("TOOL_STOP_RENAME");

	if (!next)
		next = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
	if (at && strtoul(at, NULL, 10) == ++n_renames)
		raise(SIGSTOP);
	return next(from, to);
}

/* All that the process has been told is in order, and nothing has come into force. */
ssize_t sendto(int fd, const void *data, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	const struct nlmsghdr *message = data;
	const struct genlmsghdr *genl = NLMSG_DATA(message);

	if (!next)
		next = (ssize_t(*)(int, const void *, size_t, int, const struct sockaddr *,
				   socklen_t))dlsym(RTLD_NEXT, "sendto");
	if (getenv("TOOL_KILL_COMMIT") && to && to->sa_family == AF_NETLINK &&
	    len >= NLMSG_LENGTH(GENL_HDRLEN) && message->nlmsg_type > GENL_ID_CTRL &&
	    genl->cmd == OTSEG_CMD_POLICY_COMMIT)
		raise(SIGKILL);
	return next(fd, data, len, flags, to, to_len);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int fd, unsigned long request, void *argument);
	const char *driver = getenv("TOOL_DRIVER");
	struct ethtool_drvinfo *info;
	struct ifreq *ifreq;
	va_list ap;

	va_start(ap, request);
	ifreq = va_arg(ap, struct ifreq *);
	va_end(ap);
	if (!next)
		next = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
	if (driver && request == SIOCETHTOOL) {
		info = (struct ethtool_drvinfo *)ifreq->ifr_data;
		if (info->cmd == ETHTOOL_GDRVINFO) {
			snprintf(info->driver, sizeof(info->driver), "%s", driver);
			return 0;
		}
	}
	return next(fd, request, ifreq);
}

/* libbpf has no wrapper in libc: every bpf() call of the process comes by here. */
long syscall(long number, ...)
{
	static long (*next)(long number, ...);
	long a[6];
	va_list ap;
	int i;

	va_start(ap, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_bpf && is_fatal()) {
		errno = ENOMEM;
		return -1;
	}
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
