/*
 * Preloaded into a process under test: counts its calls that change files below CUT_FOLDER, and ends it as `kill -9` does at the
 * CUT_AT-th of them. A write is done by half first. With CUT_AT=0 it only counts, and says how many at the end.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static int is_path_ours(const char *path) {
  const char *folder = getenv("CUT_FOLDER");
  return folder && strstr(path, folder) != NULL;
}

static int is_file_ours(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_path_ours(path);
}

static int is_time(void) {
  const char *at = getenv("CUT_AT");
  return ++calls == (at ? atol(at) : 0);
}

static void cut(void) { kill(getpid(), SIGKILL); }

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  REAL(pwrite64);
  if (is_file_ours(fd) && is_time()) { real(fd, bytes, size / 2, at); cut(); }
  return real(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  REAL(pwrite);
  if (is_file_ours(fd) && is_time()) { real(fd, bytes, size / 2, at); cut(); }
  return real(fd, bytes, size, at);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write);
  if (is_file_ours(fd) && is_time()) { real(fd, bytes, size / 2); cut(); }
  return real(fd, bytes, size);
}

int fsync(int fd) {
  REAL(fsync);
  if (is_file_ours(fd) && is_time()) cut();
  return real(fd);
}

int fdatasync(int fd) {
  REAL(fdatasync);
  if (is_file_ours(fd) && is_time()) cut();
  return real(fd);
}

int ftruncate64(int fd, off64_t length) {
  REAL(ftruncate64);
  if (is_file_ours(fd) && is_time()) cut();
  return real(fd, length);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  if (is_path_ours(from) && is_time()) cut();
  return real(from, to);
}

int unlink(const char *path) {
  REAL(unlink);
  if (is_path_ours(path) && is_time()) cut();
  return real(path);
}

__attribute__((destructor)) static void say(void) {
  const char *at = getenv("CUT_AT");
  if (at && atol(at) == 0) fprintf(stderr, "calls %ld\n", (long)calls);
}
