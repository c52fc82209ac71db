// SPDX-License-Identifier: GPL-2.0-only
/*
 * The history of policies: a file of JSON lines that is only ever added to, each
 * line in one write and synced. A line that a full disk has cut is taken back; one
 * that a power failure has cut is skipped by readers, and the next one begins on a
 * line of its own.
 *
 * The policy before is kept under a name that says which one it is before. So a
 * tool that is killed between the two never leads a rollback to another one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "history.h"
#include "net/pin.h"
#include "linux/otseg.h"
#include "print.h"
#include "source.h"

#define STATE_DIR "/var/lib/otseg"
#define HISTORY "history.jsonl"
#define PREVIOUS "previous-"
#define SIGNATURE "signature-"
#define PATH_LEN OTSEG_STATE_PATH
#define GRANT_SLACK_S 2 /* a grant is written down after it has begun */

static const char *state_dir(void)
{
	const char *dir = getenv("OTSEG_STATE_DIR");

	return dir && *dir ? dir : STATE_DIR;
}

/**
 * otseg_history_path - where a file is kept
 * @path: takes its path
 * @name: its name
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int otseg_history_path(char path[PATH_LEN], const char *name)
{
	return snprintf(path, PATH_LEN, "%s/%s", state_dir(), name) < PATH_LEN ? 0 : -ENAMETOOLONG;
}

static int dir_sync(void)
{
	int fd = open(state_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = fsync(fd) ? -errno : 0;
	close(fd);
	return err;
}

static int state_make(void)
{
	return mkdir(state_dir(), 0700) && errno != EEXIST ? -errno : 0;
}

/* Not for ever: who holds it may hang. */
static int lock_take(int fd, int seconds)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int tries;

	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB); tries++) {
		if (errno != EWOULDBLOCK || tries == 20 * seconds)
			return -errno;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/**
 * otseg_history_lock - keep others from changing what is kept for the next start of the host
 *
 * It is in nobody's way who adds to the history.
 *
 * Return: what to close() to let go of it, or a negative errno; not told.
 */
int otseg_history_lock(void)
{
	int fd, err = state_make();

	if (err)
		return err;
	fd = open(state_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = lock_take(fd, 10);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int line_write(int fd, const char *line)
{
	size_t len = strlen(line);
	struct stat st;
	ssize_t n;
	char last;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_size && pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n' &&
	    write(fd, "\n", 1) != 1)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	n = write(fd, line, len);
	err = n < 0 ? -errno : (size_t)n < len ? -ENOSPC : 0;
	if (!err && fsync(fd))
		err = -errno;
	if (err && n > 0 && ftruncate(fd, st.st_size))
		return err;
	return err;
}

static int line_append(const char *line)
{
	char path[PATH_LEN];
	int fd, err;

	err = state_make();
	if (!err)
		err = otseg_history_path(path, HISTORY);
	if (err)
		return err;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = lock_take(fd, 1);
	if (!err)
		err = line_write(fd, line);
	close(fd);
	return err ? err : dir_sync();
}

/* Text from outside, which need not be UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);
	char *copy, *c;

	if (json)
		return json;
	copy = strdup(text);
	for (c = copy; c && *c; c++) {
		if (*c & 0x80)
			*c = '?';
	}
	json = json_string(copy ? copy : "");
	free(copy);
	return json;
}

static void text_set(json_t *line, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(line, key, text_json(text));
}

static void time_set(json_t *line, time_t when)
{
	char text[32];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(line, "time", json_string(text));
}

static size_t file_read(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buffer, size - 1);

	if (fd >= 0)
		close(fd);
	buffer[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file_read(path, text, sizeof(text));
	at = strrchr(text, ')');
	/* "(name) state parent" */
	return at && strlen(at) > 4 ? (pid_t)strtol(at + 4, NULL, 10) : 0;
}

static const char *variable_find(const char *environment, size_t len, const char *name)
{
	size_t at = 0, n = strlen(name);

	while (at < len) {
		if (!strncmp(environment + at, name, n))
			return environment + at + n;
		at += strlen(environment + at) + 1;
	}
	return NULL;
}

/* The peer of the ssh session: sudo hides it from us, not from our ancestors. */
static void ssh_set(json_t *line)
{
	static char environment[65536];
	const char *peer = getenv("SSH_CONNECTION");
	char path[64], text[128];
	pid_t pid = getppid();
	size_t len;
	int i;

	for (i = 0; !peer && pid > 1 && i < 16; i++, pid = parent_of(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
		len = file_read(path, environment, sizeof(environment));
		peer = variable_find(environment, len, "SSH_CONNECTION=");
	}
	if (!peer)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(peer, " "), peer);
	text_set(line, "ssh", text);
}

static void who_set(json_t *line)
{
	const struct passwd *user;
	unsigned long login;
	uid_t uid = getuid();
	char text[64];

	if (file_read("/proc/self/loginuid", text, sizeof(text))) {
		login = strtoul(text, NULL, 10);
		if (login < (u32)-1)
			uid = (uid_t)login;
	}
	user = getpwuid(uid);
	json_object_set_new(line, "uid", json_integer(uid));
	text_set(line, "user", user ? user->pw_name : NULL);
	text_set(line, "tty", isatty(STDIN_FILENO) ? ttyname(STDIN_FILENO) : NULL);
	ssh_set(line);
}

static void line_add(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT), *full = NULL;
	int err = -ENOMEM;

	if (text && asprintf(&full, "%s\n", text) >= 0)
		err = line_append(full);
	if (err)
		otseg_error_print("warning: the history in %s does not know of this: %s",
				  state_dir(), strerror(-err));
	free(text);
	free(full);
	json_decref(line);
}

static void policy_set(json_t *line, const char *name, const u8 *digest, u32 generation)
{
	char text[2 * OTSEG_DIGEST_LEN + 1];

	otseg_print_hex(text, digest, OTSEG_DIGEST_LEN);
	text_set(line, "policy", name);
	json_object_set_new(line, "digest", json_string(text));
	if (generation)
		json_object_set_new(line, "generation", json_integer(generation));
}

static time_t uptime(void)
{
	struct timespec now = {};

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void boot_text(char *text, size_t size)
{
	file_read("/proc/sys/kernel/random/boot_id", text, size);
	text[strcspn(text, "\n")] = '\0';
}

/* When a grant ends, by the clock that the kernel ends it by, which is never set. */
static void grant_set(json_t *line, u32 seconds)
{
	char boot[64];

	boot_text(boot, sizeof(boot));
	json_object_set_new(line, "for_s", json_integer(seconds));
	json_object_set_new(line, "until_uptime_s", json_integer(uptime() + seconds));
	text_set(line, "boot", boot);
}

/**
 * otseg_history_add - remember what was asked for, by whom, and what came of it
 * @entry: it
 *
 * What cannot be written is told; but not who was refused and may not write either.
 */
void otseg_history_add(const struct otseg_history_entry *entry)
{
	const struct otseg_image *header = entry->image;
	json_t *line;

	if (geteuid() && !strcmp(entry->result, "refused"))
		return;
	line = json_object();
	time_set(line, time(NULL));
	text_set(line, "command", entry->command);
	text_set(line, "result", entry->result);
	if (header)
		policy_set(line, otseg_image_string(entry->image, header->name), header->digest,
			   entry->generation);
	if (entry->confirm_s)
		json_object_set_new(line, "confirm_s", json_integer(entry->confirm_s));
	text_set(line, "conduit", entry->conduit);
	if (entry->for_s)
		grant_set(line, entry->for_s);
	text_set(line, "file", entry->file);
	text_set(line, "why", entry->why);
	text_set(line, "reason", entry->reason);
	text_set(line, "signer", entry->signer);
	who_set(line);
	line_add(line);
}

/* Whether a line says that a policy got into force under this generation. */
static bool is_about(const json_t *line, const char *digest, u32 generation)
{
	const char *text = json_string_value(json_object_get(line, "digest"));

	return text && !strcmp(text, digest) &&
	       json_integer_value(json_object_get(line, "generation")) == generation;
}

/* Whether the last line that had a generation is about this one: they begin anew with each boot. */
static bool is_known(const u8 *digest, u32 generation)
{
	char text[2 * OTSEG_DIGEST_LEN + 1];
	json_t *list = json_array(), *line;
	size_t i, n_damaged;
	bool is = false;

	otseg_print_hex(text, digest, OTSEG_DIGEST_LEN);
	otseg_history_read(list, &n_damaged);
	for (i = json_array_size(list); i > 0; i--) {
		line = json_array_get(list, i - 1);
		if (!json_object_get(line, "generation"))
			continue;
		is = is_about(line, text, generation);
		break;
	}
	json_decref(list);
	return is;
}

/* A module may keep a policy that nothing runs by any more. */
static bool is_map_backed(void)
{
	struct otseg_pins pins;
	bool is;

	is = !otseg_pins_open(&pins) && pins.state.backend == OTSEG_BACKEND_MAP;
	otseg_pins_close(&pins);
	return is;
}

static void policy_found(const struct otseg_genl_policy *policy, u32 generation)
{
	bool undone = policy->confirm_state == OTSEG_CONFIRM_STATE_ROLLED_BACK;
	json_t *line = json_object();

	time_set(line, time(NULL) - (time_t)policy->state_seconds);
	text_set(line, "command", "none");
	text_set(line, "result", undone ? "rolled back" : "applied");
	policy_set(line, policy->name, policy->digest, generation);
	text_set(line, "why",
		 undone ? "by the kernel, not confirmed in time" :
			  "found in force, the tool did not live to tell who");
	line_add(line);
}

/**
 * otseg_history_catch_up - remember what happened without the tool
 * @policy: what the module says
 *
 * A rollback is the kernel's own doing, and a tool can be killed before it has
 * written: then the next one does.
 */
void otseg_history_catch_up(const struct otseg_genl_policy *policy)
{
	/* The state of conduits counts the generation up, but makes no other policy. */
	const u32 generation = policy->since ?: policy->generation;
	int lock;

	if (geteuid() || !policy->generation || is_map_backed())
		return;
	/* Nobody else is to write the same: who cannot have the lock goes on without. */
	lock = otseg_history_lock();
	if (!is_known(policy->digest, generation))
		policy_found(policy, generation);
	if (lock >= 0)
		close(lock);
}

static const struct otseg_genl_conduit *granted_find(const struct otseg_genl_conduit *list,
						     size_t n_list, const char *name)
{
	size_t i;

	for (i = 0; i < n_list; i++)
		if (list[i].flags & OTSEG_CONDUIT_FLAG_GRANTED && !strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

/* Whether something has become of the conduit of line @at since then. */
static bool is_settled(const json_t *list, size_t at, const char *name)
{
	const char *conduit, *result;

	for (at++; at < json_array_size(list); at++) {
		conduit = json_string_value(json_object_get(json_array_get(list, at), "conduit"));
		result = json_string_value(json_object_get(json_array_get(list, at), "result"));
		if (conduit && result && !strcmp(conduit, name) && strcmp(result, "refused"))
			return true;
	}
	return false;
}

static time_t time_of(const json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "time"));
	struct tm tm = {};

	return text && strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) ? timegm(&tm) : 0;
}

/* For how many seconds the grant of a line has been over; negative: it would not be. */
static time_t grant_over(const json_t *granted)
{
	const char *of = json_string_value(json_object_get(granted, "boot"));
	json_int_t end = json_integer_value(json_object_get(granted, "until_uptime_s"));
	char boot[64];

	boot_text(boot, sizeof(boot));
	if (of && !strcmp(of, boot))
		return uptime() - end;
	/* Of another start of the host only the time of day can tell. */
	return time(NULL) - time_of(granted) -
	       json_integer_value(json_object_get(granted, "for_s"));
}

static void grant_end(const json_t *granted, const char *name)
{
	time_t over = grant_over(granted);
	bool is_over = over >= -GRANT_SLACK_S;
	json_t *line = json_object();

	time_set(line, time(NULL) - (over > 0 ? over : 0));
	text_set(line, "command", "none");
	text_set(line, "result", is_over ? "expired" : "ended");
	text_set(line, "conduit", name);
	text_set(line, "why", is_over ? "by the kernel" : "with its policy, or with the module");
	line_add(line);
}

static void grant_return(const struct otseg_genl_conduit *granted)
{
	json_t *line = json_object();

	time_set(line, time(NULL));
	text_set(line, "command", "none");
	text_set(line, "result", "granted");
	text_set(line, "conduit", granted->name);
	grant_set(line, granted->seconds_left);
	text_set(line, "reason", granted->reason);
	text_set(line, "why", "with the policy that came back");
	line_add(line);
}

/**
 * otseg_history_grants - remember which grants have ended, or come back, without the tool
 * @list: the conduits that the module tells of
 * @n_list: their number
 */
void otseg_history_grants(const struct otseg_genl_conduit *list, size_t n_list)
{
	json_t *history, *line;
	size_t i, n_damaged;
	int lock;

	if (geteuid() || is_map_backed())
		return;
	lock = otseg_history_lock();
	history = json_array();
	otseg_history_read(history, &n_damaged);
	json_array_foreach(history, i, line) {
		const char *result = json_string_value(json_object_get(line, "result"));
		const char *name = json_string_value(json_object_get(line, "conduit"));
		const struct otseg_genl_conduit *granted;

		if (!result || !name || is_settled(history, i, name))
			continue;
		granted = granted_find(list, n_list, name);
		if (!granted && !strcmp(result, "granted"))
			grant_end(line, name);
		else if (granted && !strcmp(result, "ended"))
			grant_return(granted);
	}
	json_decref(history);
	if (lock >= 0)
		close(lock);
}

/**
 * otseg_history_read - read the history
 * @list: takes its lines, oldest first
 * @n_damaged: takes the number of lines that cannot be read
 *
 * Return: 0 or a negative errno; that there is none is no error.
 */
int otseg_history_read(json_t *list, size_t *n_damaged)
{
	char path[PATH_LEN], *text = NULL;
	size_t size = 0;
	json_t *line;
	FILE *file;
	int err;

	*n_damaged = 0;
	err = otseg_history_path(path, HISTORY);
	if (err)
		return err;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (getline(&text, &size, file) > 0) {
		line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(line)) {
			json_array_append_new(list, line);
			continue;
		}
		json_decref(line);
		if (text[0] != '\n')
			++*n_damaged;
	}
	err = ferror(file) ? -EIO : 0;
	free(text);
	fclose(file);
	return err;
}

#define KEPT_LEN 128

/* What is kept that belongs to an image is named for its digest. */
static void kept_name(char name[KEPT_LEN], const char *before, const void *image, const char *after)
{
	const struct otseg_image *header = image;
	char digest[2 * OTSEG_DIGEST_LEN + 1];

	otseg_print_hex(digest, header->digest, OTSEG_DIGEST_LEN);
	snprintf(name, KEPT_LEN, "%s%s%s", before, digest, after);
}

static void previous_name(char name[KEPT_LEN], const void *successor)
{
	kept_name(name, PREVIOUS, successor, ".img");
}

static int previous_path(char path[PATH_LEN], const void *successor)
{
	char name[KEPT_LEN];

	previous_name(name, successor);
	return otseg_history_path(path, name);
}

/**
 * otseg_history_keep - keep a file, in place of one of the same name
 * @name: its name
 * @blob: what is in it
 *
 * Return: 0 or a negative errno; after a failure the one before is there.
 */
int otseg_history_keep(const char *name, const struct otseg_blob *blob)
{
	char path[PATH_LEN];
	int err;

	err = state_make();
	if (!err)
		err = otseg_history_path(path, name);
	if (!err)
		err = otseg_source_write(path, blob, 0600);
	return err ? err : dir_sync();
}

/**
 * otseg_previous_keep - keep the policy in force for a rollback
 * @successor: image of the policy that is about to follow it
 * @image: the policy in force
 */
void otseg_previous_keep(const void *successor, const struct otseg_blob *image)
{
	char name[KEPT_LEN];
	int err;

	previous_name(name, successor);
	err = otseg_history_keep(name, image);
	if (err)
		otseg_error_print("warning: no rollback without a file: the policy before cannot be "
				  "kept in %s: %s",
				  state_dir(), strerror(-err));
}

/**
 * otseg_previous_forget - a policy that was about to follow did not
 * @successor: its image
 */
void otseg_previous_forget(const void *successor)
{
	char path[PATH_LEN];

	if (!previous_path(path, successor))
		unlink(path);
}

static void signature_name(char name[KEPT_LEN], const void *image)
{
	kept_name(name, SIGNATURE, image, ".sig");
}

static int signature_path(char path[PATH_LEN], const void *image)
{
	char name[KEPT_LEN];

	signature_name(name, image);
	return otseg_history_path(path, name);
}

/**
 * otseg_signature_keep - keep the signature of a policy, for when it comes back
 * @image: the policy
 * @signature: its signature
 */
void otseg_signature_keep(const void *image, const struct otseg_blob *signature)
{
	char name[KEPT_LEN];
	int err;

	signature_name(name, image);
	err = otseg_history_keep(name, signature);
	if (err)
		otseg_error_print("warning: a rollback to this policy needs its signature again: it "
				  "cannot be kept in %s: %s",
				  state_dir(), strerror(-err));
}

/**
 * otseg_signature_read - read the signature of a policy
 * @image: the policy
 * @signature: takes it; otseg_blob_free() it
 * @is_needed: it is an error, and told, if there is none
 *
 * Return: 0, -ENOENT if there is none, or another negative errno.
 */
int otseg_signature_read(const void *image, struct otseg_blob *signature, bool is_needed)
{
	char path[PATH_LEN];
	int err;

	err = signature_path(path, image);
	if (!err)
		err = otseg_source_read(path, signature, OTSEG_SIGNATURE_MAX);
	if (err && is_needed)
		otseg_error_print("%s: %s: without its signature the module does not take the "
				  "policy",
				  path, strerror(-err));
	return err;
}

/**
 * otseg_signature_find - read the signature of a policy that the module is to take
 * @genl: connection to the module
 * @image: the policy
 * @signature: takes it, where there is one and it can be verified; otseg_blob_free() it
 *
 * A signature goes where it can be verified, and nowhere else. That there is none is told where the
 * module asks for one.
 *
 * Return: 0, or a negative errno of the module.
 */
int otseg_signature_find(struct otseg_genl *genl, const void *image, struct otseg_blob *signature)
{
	struct otseg_genl_status status;
	int err = otseg_genl_status_get(genl, &status);

	if (!err && status.certificates)
		otseg_signature_read(image, signature,
				     status.flags & OTSEG_STATUS_FLAG_REQUIRE_SIGNED);
	return err;
}

/* The header of the policy before; zero without one. */
static void previous_header(const void *active, struct otseg_image *header)
{
	char path[PATH_LEN];
	FILE *file = NULL;

	if (!previous_path(path, active))
		file = fopen(path, "re");
	if (!file || fread(header, sizeof(*header), 1, file) != 1)
		memset(header, 0, sizeof(*header));
	if (file)
		fclose(file);
}

/**
 * otseg_previous_clean - forget what was before other policies than the active one, and
 * signatures of others than these two
 * @active: its image
 */
void otseg_previous_clean(const void *active)
{
	char path[PATH_LEN], spared[3][KEPT_LEN];
	struct otseg_image previous;
	struct dirent *entry;
	DIR *dir;

	previous_name(spared[0], active);
	signature_name(spared[1], active);
	previous_header(active, &previous);
	signature_name(spared[2], &previous);
	dir = opendir(state_dir());
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, PREVIOUS, strlen(PREVIOUS)) &&
		    strncmp(entry->d_name, SIGNATURE, strlen(SIGNATURE)))
			continue;
		if (!strcmp(entry->d_name, spared[0]) || !strcmp(entry->d_name, spared[1]) ||
		    !strcmp(entry->d_name, spared[2]) || otseg_history_path(path, entry->d_name))
			continue;
		unlink(path);
	}
	if (dir)
		closedir(dir);
}

/**
 * otseg_previous_read - read the policy before
 * @active: image of the active one
 * @image: takes the policy before; otseg_blob_free() it
 *
 * Return: 0 or a negative errno, which has been told.
 */
int otseg_previous_read(const void *active, struct otseg_blob *image)
{
	char path[PATH_LEN];
	int err;

	err = previous_path(path, active);
	if (!err && access(path, R_OK))
		err = -errno;
	if (err == -ENOENT) {
		otseg_error_print("no policy before this one is kept in %s", state_dir());
		return err;
	}
	if (err) {
		otseg_error_print("%s: %s", path, strerror(-err));
		return err;
	}
	return otseg_source_image(path, image);
}
