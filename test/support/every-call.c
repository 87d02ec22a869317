// Preloaded into the built program (test/support/call-shim.ts compiles it). Counts the calls of the C library that
// change something below MOSS_SHIM_ROOT; each is a line of MOSS_SHIM_NOTE, a file that every process and thread of the
// run maps. At the MOSS_SHIM_AT-th happens what MOSS_SHIM_HOW says, a word with MOSS_SHIM_WITH, a number:
//   kill    before the call the process is killed; with 1 an exchange is three renames, each of which counts
//   cut     before it the filesystem of the root is shut down as when the power fails, and the process killed; what is
//           not on the device is lost (2), or all but what the filesystem's journal knows: names without their bytes
//           (1); with 4 more, no syncing was done before, although it said so
//   fail    the call fails with this errno; with 0 a write is cut short
//   stop    before it the process stops (SIGSTOP), with 1 having taken no lock although it said so
//   short   from there on every reading and writing of a file gives half of what was asked
//   full    it and everything after it that takes room fails with this errno
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

struct note {
  uint64_t count, length;
  char lines[(1 << 20) - 16];
};

static struct note *note;
static char root[PATH_MAX];
static size_t root_length;
static uint64_t at;
static const char *how = "kill";
static uint32_t with;
static int root_descriptor = -1;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static int does(const char *word) { return strcmp(how, word) == 0; }

__attribute__((constructor)) static void start(void) {
  const char *text = getenv("MOSS_SHIM_ROOT"), *file = getenv("MOSS_SHIM_NOTE");
  if (text == NULL || file == NULL) return;
  root_length = strlen(text);
  if (root_length >= sizeof root) return;
  memcpy(root, text, root_length + 1);
  at = getenv("MOSS_SHIM_AT") ? strtoull(getenv("MOSS_SHIM_AT"), NULL, 10) : 0;
  with = getenv("MOSS_SHIM_WITH") ? atoi(getenv("MOSS_SHIM_WITH")) : 0;
  if (getenv("MOSS_SHIM_HOW") != NULL) how = getenv("MOSS_SHIM_HOW");
  int descriptor = REAL(open)(file, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;
  void *mapped = mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (mapped == MAP_FAILED) return;
  if (does("cut")) root_descriptor = REAL(open)(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  note = mapped;
}

static int is_below(const char *path) {
  return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static void last_moment(void) {
  // FS_IOC_SHUTDOWN: ext4 and XFS have the same number for it.
  uint32_t loss = with & 3;
  if (does("cut") && REAL(ioctl)(root_descriptor, _IOR('X', 125, uint32_t), &loss) != 0) {
    dprintf(2, "every-call: the filesystem cannot be shut down\n");
    _exit(99);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

typedef enum { ELSEWHERE, GOES_ON, FAILS } verdict;

static int takes_room(const char *call) {
  static const char *const names[] = {"write", "open",     "creat", "mkdir",    "link",
                                      "alloc", "setxattr", "copy",  "sendfile", "ioctl"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strstr(call, names[i]) != NULL) return strncmp(call, "unlink", 6) != 0;
  return 0;
}

static verdict changing(const char *call, const char *path) {
  char line[PATH_MAX];
  uint64_t number = __atomic_add_fetch(&note->count, 1, __ATOMIC_SEQ_CST);
  int size = snprintf(line, sizeof line, "%s %s\n", call, path + root_length);
  uint64_t place = __atomic_fetch_add(&note->length, size, __ATOMIC_SEQ_CST);
  if (size < (int)sizeof line && place + size < sizeof note->lines) memcpy(note->lines + place, line, size);
  if (at == 0 || number < at) return GOES_ON;
  if (does("short")) return strstr(call, "write") != NULL ? FAILS : GOES_ON;
  if (does("full")) return takes_room(call) ? FAILS : GOES_ON;
  if (number != at) return GOES_ON;
  if (does("stop")) raise(SIGSTOP);
  if (does("kill") || does("cut")) last_moment();
  return does("fail") ? FAILS : GOES_ON;
}

static int path_of(int descriptor, char *into, size_t size) {
  char name[64];
  if (descriptor == AT_FDCWD) return getcwd(into, size) != NULL;
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(name, into, size - 1);
  if (length < 0) return 0;
  into[length] = 0;
  return 1;
}

static verdict on_descriptor(const char *call, int descriptor) {
  char path[PATH_MAX];
  if (note == NULL || !path_of(descriptor, path, sizeof path) || !is_below(path)) return ELSEWHERE;
  return changing(call, path);
}

static verdict on_path(const char *call, int folder, const char *path) {
  char whole[2 * PATH_MAX];
  if (note == NULL || path == NULL) return ELSEWHERE;
  if (path[0] != '/') {
    if (!path_of(folder, whole, PATH_MAX)) return ELSEWHERE;
    size_t length = strlen(whole);
    snprintf(whole + length, sizeof whole - length, "/%s", path);
    path = whole;
  }
  return is_below(path) ? changing(call, path) : ELSEWHERE;
}

/** A call with two paths is counted once. */
static verdict on_paths(const char *call, int a, const char *from, int b, const char *to) {
  verdict first = on_path(call, a, from);
  return first == ELSEWHERE ? on_path(call, b, to) : first;
}

/** True where the call must fail; a write that is cut short is made, and shorter. */
static int refused(verdict seen, size_t *size) {
  if (seen != FAILS) return 0;
  if (with == 0 && size != NULL) *size = (*size + 1) / 2;
  errno = with;
  return with != 0;
}

#define WITH_SIZE(type, name, params, args, seen, size)                                                               \
  type name params {                                                                                                  \
    static __typeof__(&name) next;                                                                                    \
    if (next == NULL) next = REAL(name);                                                                              \
    if (refused(seen, size)) return -1;                                                                               \
    return next args;                                                                                                 \
  }
#define WITH(type, name, params, args, seen) WITH_SIZE(type, name, params, args, seen, NULL)
#define ON_WRITE(name, params, args) WITH_SIZE(ssize_t, name, params, args, on_descriptor(#name, fd), &size)
#define ON_SYNC(name)                                                                                                 \
  int name(int fd) {                                                                                                  \
    if (refused(on_descriptor(#name, fd), NULL)) return -1;                                                           \
    return does("cut") && (with & 4) != 0 ? 0 : REAL(name)(fd);                                                       \
  }
#define ON_FD(name, params, args) WITH(int, name, params, args, on_descriptor(#name, fd))
#define ON_FD_SIZED(name, params, args) WITH(ssize_t, name, params, args, on_descriptor(#name, fd))
#define ON_PATH(name, params, args) WITH(int, name, params, args, on_path(#name, AT_FDCWD, path))
#define ON_AT(name, params, args) WITH(int, name, params, args, on_path(#name, folder, path))

/** Reading changes nothing and is not counted. */
static int is_short(int fd) {
  char path[PATH_MAX];
  return does("short") && note != NULL && path_of(fd, path, sizeof path) && is_below(path);
}

#define ON_READ(name, params, args)                                                                                   \
  ssize_t name params {                                                                                               \
    static __typeof__(&name) next;                                                                                    \
    if (next == NULL) next = REAL(name);                                                                              \
    if (is_short(fd)) size = (size + 1) / 2;                                                                          \
    return next args;                                                                                                 \
  }
ON_READ(read, (int fd, void *bytes, size_t size), (fd, bytes, size))
ON_READ(pread, (int fd, void *bytes, size_t size, off_t place), (fd, bytes, size, place))
ON_READ(pread64, (int fd, void *bytes, size_t size, off64_t place), (fd, bytes, size, place))

ON_WRITE(write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
ON_FD_SIZED(writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
ON_WRITE(pwrite, (int fd, const void *bytes, size_t size, off_t place), (fd, bytes, size, place))
ON_WRITE(pwrite64, (int fd, const void *bytes, size_t size, off64_t place), (fd, bytes, size, place))
ON_FD_SIZED(pwritev, (int fd, const struct iovec *parts, int count, off_t place), (fd, parts, count, place))
ON_FD_SIZED(pwritev64, (int fd, const struct iovec *parts, int count, off64_t place), (fd, parts, count, place))
ON_FD(ftruncate, (int fd, off_t size), (fd, size))
ON_FD(ftruncate64, (int fd, off64_t size), (fd, size))
ON_FD(fallocate, (int fd, int how, off_t place, off_t size), (fd, how, place, size))
ON_FD(fallocate64, (int fd, int how, off64_t place, off64_t size), (fd, how, place, size))
ON_SYNC(fsync)
ON_SYNC(fdatasync)
ON_SYNC(syncfs)
ON_FD(fchmod, (int fd, mode_t mode), (fd, mode))
/* Not fchown: SQLite alone calls it, and gives its journal the owner that it has, each time it looks at it. */
ON_FD(futimens, (int fd, const struct timespec times[2]), (fd, times))
ON_FD(fsetxattr, (int fd, const char *name, const void *value, size_t size, int how), (fd, name, value, size, how))
ON_FD(fremovexattr, (int fd, const char *name), (fd, name))
ON_FD_SIZED(sendfile, (int fd, int from, off_t *place, size_t size), (fd, from, place, size))
ON_FD_SIZED(sendfile64, (int fd, int from, off64_t *place, size_t size), (fd, from, place, size))
WITH(ssize_t, copy_file_range, (int from, off64_t *a, int fd, off64_t *b, size_t size, unsigned how),
     (from, a, fd, b, size, how), on_descriptor("copy_file_range", fd))

ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(rmdir, (const char *path), (path))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(chmod, (const char *path, mode_t mode), (path, mode))
ON_PATH(chown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
ON_PATH(lchown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
ON_PATH(truncate, (const char *path, off_t size), (path, size))
ON_PATH(truncate64, (const char *path, off64_t size), (path, size))
ON_PATH(utimes, (const char *path, const struct timeval times[2]), (path, times))
ON_PATH(lutimes, (const char *path, const struct timeval times[2]), (path, times))
ON_PATH(setxattr, (const char *path, const char *name, const void *value, size_t size, int how),
        (path, name, value, size, how))
ON_PATH(lsetxattr, (const char *path, const char *name, const void *value, size_t size, int how),
        (path, name, value, size, how))
ON_PATH(removexattr, (const char *path, const char *name), (path, name))
ON_PATH(lremovexattr, (const char *path, const char *name), (path, name))
ON_PATH(symlink, (const char *target, const char *path), (target, path))
ON_PATH(creat, (const char *path, mode_t mode), (path, mode))
ON_PATH(creat64, (const char *path, mode_t mode), (path, mode))

ON_AT(mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
ON_AT(unlinkat, (int folder, const char *path, int how), (folder, path, how))
ON_AT(fchmodat, (int folder, const char *path, mode_t mode, int how), (folder, path, mode, how))
ON_AT(fchownat, (int folder, const char *path, uid_t uid, gid_t gid, int how), (folder, path, uid, gid, how))
ON_AT(symlinkat, (const char *target, int folder, const char *path), (target, folder, path))
ON_AT(utimensat, (int folder, const char *path, const struct timespec times[2], int how), (folder, path, times, how))

WITH(int, link, (const char *from, const char *to), (from, to), on_paths("link", AT_FDCWD, from, AT_FDCWD, to))
WITH(int, linkat, (int a, const char *from, int b, const char *to, int how), (a, from, b, to, how),
     on_paths("linkat", a, from, b, to))
WITH(int, rename, (const char *from, const char *to), (from, to), on_paths("rename", AT_FDCWD, from, AT_FDCWD, to))
WITH(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to),
     on_paths("renameat", a, from, b, to))
int renameat2(int a, const char *from, int b, const char *to, unsigned how_to) {
  char aside[PATH_MAX];
  if (refused(on_paths("renameat2", a, from, b, to), NULL)) return -1;
  if (how_to != RENAME_EXCHANGE || !does("kill") || with != 1) return REAL(renameat2)(a, from, b, to, how_to);
  snprintf(aside, sizeof aside, "%s.aside", to);
  return rename(to, aside) || rename(from, to) || rename(aside, from) ? -1 : 0;
}

// Opening counts where it may make or empty a file.
#define OPENS(how) (((how) & (O_CREAT | O_TRUNC)) != 0 || ((how) & O_TMPFILE) == O_TMPFILE)
#define WITH_OPEN(name)                                                                                               \
  int name(const char *path, int how, ...) {                                                                          \
    va_list rest;                                                                                                     \
    va_start(rest, how);                                                                                              \
    mode_t mode = OPENS(how) ? va_arg(rest, mode_t) : 0;                                                              \
    va_end(rest);                                                                                                     \
    if (OPENS(how) && refused(on_path(#name, AT_FDCWD, path), NULL)) return -1;                                       \
    return REAL(name)(path, how, mode);                                                                               \
  }
#define WITH_OPENAT(name)                                                                                             \
  int name(int folder, const char *path, int how, ...) {                                                              \
    va_list rest;                                                                                                     \
    va_start(rest, how);                                                                                              \
    mode_t mode = OPENS(how) ? va_arg(rest, mode_t) : 0;                                                              \
    va_end(rest);                                                                                                     \
    if (OPENS(how) && refused(on_path(#name, folder, path), NULL)) return -1;                                         \
    return REAL(name)(folder, path, how, mode);                                                                       \
  }
WITH_OPEN(open)
WITH_OPEN(open64)
WITH_OPENAT(openat)
WITH_OPENAT(openat64)

int ioctl(int fd, unsigned long request, ...) {
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  const unsigned long clone = _IOW(0x94, 9, int);
  if (request == clone && refused(on_descriptor("ioctl", fd), NULL)) return -1;
  return REAL(ioctl)(fd, request, argument);
}

static int takes_no_lock(void) { return does("stop") && with == 1; }

int flock(int fd, int operation) { return takes_no_lock() ? 0 : REAL(flock)(fd, operation); }

// Locks of the open file, as moss takes them; SQLite's own are those of the process.
#define WITH_FCNTL(name)                                                                                              \
  int name(int fd, int command, ...) {                                                                                \
    va_list rest;                                                                                                     \
    va_start(rest, command);                                                                                          \
    void *argument = va_arg(rest, void *);                                                                            \
    va_end(rest);                                                                                                     \
    return command == F_OFD_SETLK && takes_no_lock() ? 0 : REAL(name)(fd, command, argument);                         \
  }
WITH_FCNTL(fcntl)
WITH_FCNTL(fcntl64)

// libuv makes some calls by their number.
long syscall(long number, ...) {
  va_list rest;
  long a[6];
  va_start(rest, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  verdict seen = ELSEWHERE;
  if (number == SYS_copy_file_range) seen = on_descriptor("copy_file_range", (int)a[2]);
  if (number == SYS_renameat2) seen = on_paths("renameat2", a[0], (const char *)a[1], a[2], (const char *)a[3]);
  if (number == SYS_pwritev2) seen = on_descriptor("pwritev2", (int)a[0]);
  if (refused(seen, NULL)) return -1;
  return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
