/* Preloaded into a process under test: kills it right before its k-th write, sync, truncation, rename or removal in
   one folder, or in the middle of that write. arm() begins to count; what happens before does not matter. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static atomic_long steps_left = -1;
static int tear_writes = 0;

void arm(const char *watched, long step, int tear) {
    strncpy(folder, watched, sizeof folder - 1);
    tear_writes = tear;
    atomic_store(&steps_left, step);
}

static int inside(const char *path) { return path && folder[0] && strncmp(path, folder, strlen(folder)) == 0; }

static int open_inside(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return inside(path);
}

static int is_last(int watched) {
    return atomic_load(&steps_left) > 0 && watched && atomic_fetch_sub(&steps_left, 1) == 1;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t size) {
    if (is_last(open_inside(file))) {
        if (tear_writes) REAL(write)(file, bytes, size / 2);
        die();
    }
    return REAL(write)(file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t place) {
    if (is_last(open_inside(file))) {
        if (tear_writes) REAL(pwrite)(file, bytes, size / 2, place);
        die();
    }
    return REAL(pwrite)(file, bytes, size, place);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t place) {
    if (is_last(open_inside(file))) {
        if (tear_writes) REAL(pwrite64)(file, bytes, size / 2, place);
        die();
    }
    return REAL(pwrite64)(file, bytes, size, place);
}

int fsync(int file) { if (is_last(open_inside(file))) die(); return REAL(fsync)(file); }
int fdatasync(int file) { if (is_last(open_inside(file))) die(); return REAL(fdatasync)(file); }
int ftruncate(int file, off_t size) { if (is_last(open_inside(file))) die(); return REAL(ftruncate)(file, size); }
int ftruncate64(int file, off64_t size) { if (is_last(open_inside(file))) die(); return REAL(ftruncate64)(file, size); }
int rename(const char *from, const char *to) { if (is_last(inside(from))) die(); return REAL(rename)(from, to); }
int unlink(const char *path) { if (is_last(inside(path))) die(); return REAL(unlink)(path); }
int remove(const char *path) { if (is_last(inside(path))) die(); return REAL(remove)(path); }
int mkdir(const char *path, mode_t mode);
int mkdir(const char *path, mode_t mode) { if (is_last(inside(path))) die(); return REAL(mkdir)(path, mode); }
