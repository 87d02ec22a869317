// A stick that is not as it should be: a filesystem of one file, `bundle.moss`, spoken to the kernel through /dev/fuse.
//
//   odd-stick MOUNT FILE WAY AT
//
// WAY is `honest`; `lies`, where every byte is another one from its second reading on; `fails`, where after AT bytes
// every reading is an error (EIO, then ENODEV); `vanishes`, where the stick is gone after AT bytes. Prints `ready`, and
// after unmounting how many bytes were read, and how many of them again.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FOLDER = 1, BUNDLE = 2 };
static const char name[] = "bundle.moss";

static int device;
static unsigned char *body, *seen;
static uint64_t size, bytes_read, bytes_again, limit;
static const char *way;

static void answer(uint64_t unique, int error, const void *data, size_t length) {
  struct fuse_out_header head = {.len = sizeof head + length, .error = -error, .unique = unique};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)data, length}};
  if (writev(device, parts, length == 0 ? 1 : 2) < 0 && errno != ENOENT) exit(3);
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr attr = {.ino = node, .nlink = 1, .blksize = 4096};
  attr.mode = node == FOLDER ? S_IFDIR | 0755 : S_IFREG | 0644;
  attr.size = node == FOLDER ? 0 : size;
  return attr;
}

static void look_up(const struct fuse_in_header *in, const char *wanted) {
  if (in->nodeid != FOLDER || strcmp(wanted, name) != 0) return answer(in->unique, ENOENT, NULL, 0);
  struct fuse_entry_out out = {.nodeid = BUNDLE, .attr = attributes(BUNDLE)};
  answer(in->unique, 0, &out, sizeof out);
}

static void list(const struct fuse_in_header *in, const struct fuse_read_in *read) {
  char out[64] = {0};
  struct fuse_dirent *entry = (struct fuse_dirent *)out;
  if (read->offset > 0) return answer(in->unique, 0, NULL, 0);
  *entry = (struct fuse_dirent){.ino = BUNDLE, .off = 1, .namelen = strlen(name), .type = S_IFREG >> 12};
  memcpy(entry->name, name, strlen(name));
  answer(in->unique, 0, out, FUSE_DIRENT_SIZE(entry));
}

static void read_bundle(const struct fuse_in_header *in, const struct fuse_read_in *read) {
  uint64_t from = read->offset < size ? read->offset : size;
  uint64_t count = read->size < size - from ? read->size : size - from;
  if (bytes_read + count > limit) {
    if (strcmp(way, "vanishes") == 0) exit(0);
    static int failures;
    return answer(in->unique, failures++ == 0 ? EIO : ENODEV, NULL, 0);
  }
  unsigned char *out = malloc(count + 1);
  for (uint64_t i = 0; i < count; i++) {
    int is_again = seen[from + i]++ > 0;
    bytes_again += is_again;
    out[i] = is_again && strcmp(way, "lies") == 0 ? body[from + i] ^ 0xff : body[from + i];
    if (seen[from + i] == 255) seen[from + i] = 1;
  }
  bytes_read += count;
  answer(in->unique, 0, out, count);
  free(out);
}

static void begin(const struct fuse_in_header *in, const struct fuse_init_in *init) {
  struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096};
  if (init->minor < out.minor) out.minor = init->minor;
  answer(in->unique, 0, &out, sizeof out);
}

static void serve(const struct fuse_in_header *in, const void *rest) {
  struct fuse_attr_out attr = {.attr = attributes(in->nodeid)};
  struct fuse_open_out opened = {.open_flags = FOPEN_DIRECT_IO};
  struct fuse_statfs_out filesystem = {.st = {.bsize = 4096, .namelen = 255}};
  switch (in->opcode) {
    case FUSE_INIT:
      return begin(in, rest);
    case FUSE_LOOKUP:
      return look_up(in, rest);
    case FUSE_GETATTR:
      return answer(in->unique, 0, &attr, sizeof attr);
    case FUSE_OPEN:
    case FUSE_OPENDIR:
      return answer(in->unique, 0, &opened, sizeof opened);
    case FUSE_READ:
      return read_bundle(in, rest);
    case FUSE_READDIR:
      return list(in, rest);
    case FUSE_STATFS:
      return answer(in->unique, 0, &filesystem, sizeof filesystem);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      return;
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_FLUSH:
      return answer(in->unique, 0, NULL, 0);
    default:
      return answer(in->unique, ENOSYS, NULL, 0);
  }
}

static void load(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat stat;
  if (file < 0 || fstat(file, &stat) != 0) exit(2);
  size = stat.st_size;
  body = malloc(size + 1);
  seen = calloc(size + 1, 1);
  for (uint64_t done = 0; done < size;) {
    ssize_t count = read(file, body + done, size - done);
    if (count <= 0) exit(2);
    done += count;
  }
}

int main(int count, char **words) {
  static char request[1 << 20];
  char options[128];
  if (count != 5) return 2;
  load(words[2]);
  way = words[3];
  limit = strtoull(words[4], NULL, 10);
  if (limit == 0) limit = UINT64_MAX;
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  if (device < 0 || mount("odd-stick", words[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
    perror("odd-stick");
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    ssize_t length = read(device, request, sizeof request);
    if (length < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
    if (length < (ssize_t)sizeof(struct fuse_in_header)) break;
    const struct fuse_in_header *in = (const struct fuse_in_header *)request;
    serve(in, request + sizeof *in);
  }
  printf("%llu %llu\n", (unsigned long long)bytes_read, (unsigned long long)bytes_again);
  return 0;
}
