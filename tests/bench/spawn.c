// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

/* Runs whole programs in turn, round after round, and says how long each took from start to end.
 *
 *   bench-spawn ROUNDS -- COMMAND... [-- COMMAND...]...
 *
 * Prints one line for each command: the median and the shortest time in microseconds. What the commands print
 * goes to /dev/null; one that fails ends it with exit code 1. A round before the first is not counted.
 */
#include "measuring.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_commands = 8 };

static int64_t run(char** command, const posix_spawn_file_actions_t* actions)
{
    const int64_t start = nanoseconds();
    pid_t child = 0;
    int status = 0;
    const int error = posix_spawn(&child, command[0], actions, NULL, command, environ);
    if (error == 0) waitpid(child, &status, 0);
    const int64_t end = nanoseconds();
    if (error == 0 && status == 0) return end - start;
    if (error != 0)
        fprintf(stderr, "cannot start %s: %s\n", command[0], strerror(error));
    else
        fprintf(stderr, "%s failed with wait status 0x%x\n", command[0], (unsigned)status);
    exit(1);
}

/* Cuts the arguments at each "--"; gives the number of commands. */
static size_t find_commands(char** argument, char*** commands)
{
    size_t count = 0;
    for (; *argument != NULL; ++argument) {
        if (strcmp(*argument, "--") != 0) continue;
        *argument = NULL;
        check(argument[1] != NULL && count < most_commands, "an empty command, or too many");
        commands[count++] = argument + 1;
    }
    return count;
}

int main(int argc, char** argv)
{
    char** commands[most_commands];
    const size_t count = argc > 2 ? find_commands(argv + 2, commands) : 0;
    const size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (count == 0 || rounds == 0) {
        fputs("usage: bench-spawn ROUNDS -- COMMAND... [-- COMMAND...]...\n", stderr);
        return 2;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int64_t* times = room_for(count * rounds);

    for (size_t i = 0; i < count; ++i) run(commands[i], &actions);
    for (size_t round = 0; round < rounds; ++round)
        for (size_t i = 0; i < count; ++i) times[i * rounds + round] = run(commands[i], &actions);

    for (size_t i = 0; i < count; ++i) {
        int64_t* own = times + i * rounds;
        sort_times(own, rounds);
        printf("%.1f %.1f\n", microseconds(own[rounds / 2]), microseconds(own[0]));
    }
    free(times);
    return 0;
}
