/* Counts fsync and fdatasync calls in a shared file and may make each of them slower.
 *
 * LD_PRELOAD library. BENCH_FSYNC_COUNTER names a file of at least 8 bytes that holds the count
 * (native 64-bit integer); BENCH_FSYNC_DELAY_US is slept before every real call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t *counter;
static struct timespec delay;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);

__attribute__((constructor)) static void prepare(void) {
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *pause = getenv("BENCH_FSYNC_DELAY_US");
    long micros = pause ? strtol(pause, NULL, 10) : 0;
    delay.tv_sec = micros / 1000000;
    delay.tv_nsec = (micros % 1000000) * 1000;
    const char *path = getenv("BENCH_FSYNC_COUNTER");
    if (!path) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED) counter = page;
}

static void before(void) {
    if (counter) __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
    if (delay.tv_sec || delay.tv_nsec) nanosleep(&delay, NULL);
}

int fsync(int fd) {
    before();
    return real_fsync(fd);
}

int fdatasync(int fd) {
    before();
    return real_fdatasync(fd);
}
