// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* What the measuring programs share. */
#ifndef USBROUTE_BENCH_MEASURING_H
#define USBROUTE_BENCH_MEASURING_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Ends the program where a figure could not be had. */
static inline void check(int is_right, const char* what)
{
    if (is_right) return;
    if (errno != 0)
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
    else
        fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline double microseconds(int64_t nanos) { return (double)nanos / 1000.0; }

static inline int64_t* room_for(size_t count)
{
    int64_t* times = calloc(count, sizeof *times);
    check(count > 0 && times != NULL, "there is nothing to measure");
    return times;
}

static inline int compare_times(const void* a, const void* b)
{
    const int64_t left = *(const int64_t*)a;
    const int64_t right = *(const int64_t*)b;
    return (left > right) - (left < right);
}

static inline void sort_times(int64_t* times, size_t count)
{
    qsort(times, count, sizeof *times, compare_times);
}

#endif
