# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Thin: what is built and tested stands in CMakeLists.txt and CMakePresets.json.
#
#   make run      install what is missing, build, and show two simulated boards' sockets moving on one word
#   make test     everything that CI runs: g++ release, clang with sanitizers, all tests on both
#   make lab      real kernels in virtual machines: every scenario of tests/lab, up to an hour
#   make fuzz     libFuzzer on all that reads what others write, ten minutes a target (SECONDS_EACH=600)
#   make soak     100,000 toggles on the simulated board with faults at every kind of access, and deaths
#   make bench    speed as ratios against a floor and a peer, in one run
#   make install  PREFIX=/usr/local DESTDIR=; make uninstall takes the same files away again
#   make deb      Debian packages in build/deb
#   make dist     the archive of this commit, its bill of materials (SPDX) and checksums in build/dist
#   make musl     static programs and unit tests for musl, from Debian's own sources; half an hour the first time

PREFIX ?= /usr/local
DESTDIR ?=
SECONDS_EACH ?= 600

.PHONY: all run test lab fuzz soak bench install uninstall deb dist musl format tidy clean

all:
	tools/install-deps build
	cmake --preset release
	cmake --build --preset release

run:
	tools/install-deps run
	cmake --preset demo
	cmake --build --preset demo --target demo
	tools/demo-boards build/demo/bin

test:
	tools/install-deps test
	tools/run-tests

lab:
	tools/install-deps lab
	cmake --preset release
	cmake --build --preset release
	tests/lab/run --bin build/release/bin

fuzz:
	tools/install-deps test
	cmake --preset asan-ubsan
	cmake --build --preset asan-ubsan
	tests/fuzz/run --bin build/asan-ubsan/bin --seconds $(SECONDS_EACH)

soak:
	tools/install-deps test
	cmake --preset release
	cmake --build --preset release
	tests/soak/run --bin build/release/bin

bench:
	tools/install-deps bench
	cmake --preset release -DUSBROUTE_BENCH=ON
	cmake --build --preset release
	tests/bench/run --bin build/release/bin

# The prefix is said when it is configured: units and scripts name the programs by their whole paths.
install:
	tools/install-deps build
	cmake --preset release -DCMAKE_INSTALL_PREFIX="$(PREFIX)"
	cmake --build --preset release
	DESTDIR="$(DESTDIR)" cmake --install build/release

uninstall:
	DESTDIR="$(DESTDIR)" tools/uninstall build/release/install_manifest.txt

deb:
	tools/install-deps deb
	packaging/make-deb

dist:
	tools/install-deps dist
	tools/make-dist

musl:
	packaging/musl/build

format:
	find src tests \( -name '*.cpp' -o -name '*.hpp' \) -exec clang-format-19 -i {} +

tidy:
	tools/run-tests --only static

clean:
	rm -rf build
