/* Fails writes, syncs and truncations of files below a folder, as a dying or full disk does.
 *
 * Loaded with LD_PRELOAD. IO_FAULT_FOLDER names the folder; IO_FAULT_CONTROL a file of four 64-bit numbers that the
 * program maps and sets: failures per million calls, errno, state of the random generator, failures so far.
 * A failed write may have written a part of its bytes before, as a real one may.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static volatile uint64_t *control;
static char folder[4096];
static size_t folder_length;

__attribute__((constructor)) static void set_up(void) {
    const char *name = getenv("IO_FAULT_FOLDER"), *file = getenv("IO_FAULT_CONTROL");
    if (!name || !file) return;
    snprintf(folder, sizeof folder, "%s/", name);
    folder_length = strlen(folder);
    int target = open(file, O_RDWR | O_CLOEXEC);
    if (target < 0) return;
    void *mapped = mmap(NULL, 32, PROT_READ | PROT_WRITE, MAP_SHARED, target, 0);
    if (mapped != MAP_FAILED) control = mapped;
}

static uint64_t next_random(void) { /* splitmix64, S. Vigna, public domain */
    uint64_t z = __atomic_add_fetch(&control[2], 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static int fails(int target) {
    if (!control || !control[0]) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", target);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, folder, folder_length) != 0) return 0;
    if (next_random() % 1000000 >= control[0]) return 0;
    __atomic_add_fetch(&control[3], 1, __ATOMIC_RELAXED);
    return 1;
}

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)
#define FAIL do { errno = (int)control[1]; return -1; } while (0)

typedef ssize_t (*pwrite_type)(int, const void *, size_t, off_t);
typedef ssize_t (*write_type)(int, const void *, size_t);
typedef int (*sync_type)(int);
typedef int (*truncate_type)(int, off_t);

ssize_t pwrite64(int target, const void *data, size_t size, off_t offset) {
    REAL("pwrite64", pwrite_type);
    if (fails(target)) { real(target, data, next_random() % (size + 1), offset); FAIL; }
    return real(target, data, size, offset);
}
ssize_t pwrite(int target, const void *data, size_t size, off_t offset) { return pwrite64(target, data, size, offset); }
ssize_t write(int target, const void *data, size_t size) {
    REAL("write", write_type);
    if (fails(target)) FAIL;
    return real(target, data, size);
}
int fsync(int target) { REAL("fsync", sync_type); if (fails(target)) FAIL; return real(target); }
int fdatasync(int target) { REAL("fdatasync", sync_type); if (fails(target)) FAIL; return real(target); }
int ftruncate64(int target, off_t size) { REAL("ftruncate64", truncate_type); if (fails(target)) FAIL; return real(target, size); }
int ftruncate(int target, off_t size) { return ftruncate64(target, size); }
