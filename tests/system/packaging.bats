#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# What packaging/ says to other distributions, as far as it can be seen on this one: it is read by bash as their tools
# do, has what their manuals require, and names the CMake options that there are.

setup() {
    root=$BATS_TEST_DIRNAME/../..
    version=$(sed -n 's/^project(usbroute VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
    mkdir -p "$BATS_TEST_TMPDIR/fakes"
    # cmake and ctest that say how they were called, an argument a line.
    for name in cmake ctest; do
        printf '#!/bin/sh\nprintf "%%s\\n" %s "$@" >> "%s/called"\n' "$name" "$BATS_TEST_TMPDIR" > "$BATS_TEST_TMPDIR/fakes/$name"
        chmod +x "$BATS_TEST_TMPDIR/fakes/$name"
    done
}

# Those of a user who builds it; the others are for who works on it.
options_that_there_are() {
    { grep -ohE '^option\(USBROUTE_[A-Z]+' "$root/CMakeLists.txt" "$root"/init/CMakeLists.txt | cut -d'(' -f2; printf '%s\n' USBROUTE_LIBVIRT USBROUTE_WINDOWS_GUEST; } |
        grep -vxE 'USBROUTE_(WERROR|FUZZ|BENCH)' | sort
}

# Every option that there is, is said; and none that is gone.
same_options() { # file with -DUSBROUTE_...=
    local said
    said=$(grep -oE 'USBROUTE_[A-Z_]+=(ON|OFF|AUTO)' "$1" | cut -d= -f1 | sort -u)
    diff <(options_that_there_are) - <<< "$said"
}

@test "PKGBUILD: bash reads it, and it has what PKGBUILD(5) requires" {
    cd "$root/packaging/arch"
    run env -i PATH="$PATH" startdir="$PWD" bash -eu -c '
        source ./PKGBUILD
        for name in pkgname pkgver pkgrel; do [[ ${!name} =~ ^[a-z0-9.+_@]+$ ]]; done
        for name in arch license depends makedepends checkdepends optdepends; do
            [[ $(declare -p "$name") == "declare -a"* ]]
            declare -n list=$name; [ "${#list[@]}" -gt 0 ]
        done
        [ -n "$pkgdesc" ] && [ "${#pkgdesc}" -le 100 ]
        for name in "${optdepends[@]}"; do [[ $name == ?*": "?* ]]; done
        for name in build check package; do declare -F "$name" > /dev/null; done
        [ -r "$install" ]
        echo "$pkgver"'
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "$version" ]
}

@test "PKGBUILD: its functions configure what there is, build it, and install below pkgdir only" {
    cd "$root/packaging/arch"
    mkdir "$BATS_TEST_TMPDIR/src" "$BATS_TEST_TMPDIR/pkg"
    env -i PATH="$BATS_TEST_TMPDIR/fakes:$PATH" startdir="$PWD" srcdir="$BATS_TEST_TMPDIR/src" pkgdir="$BATS_TEST_TMPDIR/pkg" \
        bash -eu -c 'source ./PKGBUILD; build; check; package'
    cat "$BATS_TEST_TMPDIR/called"
    same_options "$BATS_TEST_TMPDIR/called"
    grep -x -- -DCMAKE_INSTALL_PREFIX=/usr "$BATS_TEST_TMPDIR/called"
    grep -x -- -DCMAKE_BUILD_TYPE=Release "$BATS_TEST_TMPDIR/called"
    grep -x -- --install "$BATS_TEST_TMPDIR/called"
    cmp "$root/LICENSE" "$BATS_TEST_TMPDIR/pkg/usr/share/licenses/usbroute/LICENSE"
}

@test "the install script of Arch has only functions that pacman calls" {
    run env -i bash -eu -c "source '$root/packaging/arch/usbroute.install'; declare -F | cut -d' ' -f3"
    [ "$status" -eq 0 ]
    [ "$output" = "$(printf 'post_install\npre_remove')" ]
}

# What Portage has ready when it reads an ebuild: enough of the eclasses to see what they are given.
portage='
    inherit() { INHERITED+=" $*"; }
    use() { [[ " $IUSE " =~ [\ +]"$1"\  ]] || { echo "no flag $1 in IUSE" >&2; exit 9; }; [[ " $USE " == *" $1 "* ]]; }
    usex() { if use "$1"; then echo "${2:-ON}"; else echo "${3:-OFF}"; fi; }
    elog() { :; }
    acct-user_add_deps() { :; }
    linux-info_pkg_setup() { :; }; python-any-r1_pkg_setup() { :; }
    cmake_src_configure() { printf "%s\n" "$CMAKE_BUILD_TYPE" "${mycmakeargs[@]}"; }
    cmake_src_test() { printf "%s\n" "${myctestargs[@]}"; }
    PYTHON_DEPS="" USBROUTE_REPOSITORY=file:///somewhere'

@test "ebuilds: EAPI 8 as PMS wants it said, what is mandatory, phases and flags that there are" {
    for ebuild in "$root"/packaging/gentoo/*/*/*.ebuild; do
        echo "$ebuild"
        # PMS 7.3.1: the first line that is neither empty nor a comment.
        [ "$(grep -vE '^[[:space:]]*(#|$)' "$ebuild" | head -n 1)" = 'EAPI=8' ]
        run env -i PATH="$PATH" bash -eu -c "$portage
            set -f # a flag with its question mark is no pattern
            IUSE='' RESTRICT='' USE='' SLOT=0 DEPEND='' RDEPEND='' BDEPEND=''
            source '$ebuild'
            [ -n \"\$DESCRIPTION\" ] && [ \"\${#DESCRIPTION}\" -le 80 ]
            [ \"\$SLOT\" = 0 ]
            for word in \$DEPEND \$RDEPEND \$BDEPEND \$RESTRICT; do
                case \$word in
                    *\\?) flag=\${word%\\?}; use \"\${flag#!}\" || true ;;
                    '(' | ')' | test) ;;
                    */*) [[ \$word =~ ^[a-z]+-[a-z]+/[A-Za-z0-9_-]+(:=)?(\\[[a-z(+)]+\\])?\$ || \$word == virtual/* || \$word == acct-* ]] ;;
                    *) echo \"what is \$word\"; exit 1 ;;
                esac
            done
            printf '%s\n' \$DEPEND \$RDEPEND \$BDEPEND | awk '\$0 == \"(\" { n++ } \$0 == \")\" { n-- } n < 0 { exit 1 } END { exit n != 0 }'
            declare -F | cut -d' ' -f3 | grep -E '^(pkg|src)_' | grep -vxE '(pkg_(pretend|setup|preinst|postinst|prerm|postrm|config|info|nofetch)|src_(unpack|prepare|configure|compile|test|install))' && exit 1 || true"
        echo "$output"
        [ "$status" -eq 0 ]
    done
}

@test "ebuild: its options are those that there are, each flag moves its own, and is described" {
    ebuild=$root/packaging/gentoo/app-emulation/usbroute/usbroute-9999.ebuild
    configured() { env -i PATH="$PATH" USE="$1" RESTRICT='' bash -eu -c "$portage
        source '$ebuild'; src_configure"; }
    configured 'elogind import libvirt live man seccomp sim systemd test' > "$BATS_TEST_TMPDIR/all"
    configured '' > "$BATS_TEST_TMPDIR/none"
    [ "$(head -n 1 "$BATS_TEST_TMPDIR/all")" = Release ]
    same_options "$BATS_TEST_TMPDIR/all"
    [ "$(grep -c '=ON$' "$BATS_TEST_TMPDIR/all")" -eq 11 ]
    [ "$(grep -c '=ON$' "$BATS_TEST_TMPDIR/none")" -eq 2 ] # OpenRC and udev: files that are small, and looked for by name
    # systemd brings its units, and the program that speaks with its logind.
    for moved in elogind=1 import=1 libvirt=1 live=1 man=1 seccomp=1 sim=1 systemd=2 test=1; do
        [ "$(diff "$BATS_TEST_TMPDIR/none" <(configured "${moved%=*}") | grep -c '^>')" -eq "${moved#*=}" ]
    done
    # Portage knows "test" itself.
    for flag in elogind import libvirt live man seccomp sim systemd; do
        [ -n "$(xmllint --nonet --xpath "//flag[@name='$flag']/text()" "${ebuild%/*}/metadata.xml")" ]
    done
    [ "$(xmllint --nonet --xpath 'count(//flag)' "${ebuild%/*}/metadata.xml")" -eq 8 ]
}

@test "the versions of all packages are CMake's" {
    [ "$(sed -n '1s/^usbroute (\([^)]*\)).*/\1/p' "$root/debian/changelog")" = "$version" ]
    grep -qx "pkgver=$version" "$root/packaging/arch/PKGBUILD"
}

@test "make-dist: the same commit makes the same archive, bill of materials and checksums" {
    command -v reuse > /dev/null || skip "reuse is not installed"
    git -C "$root" rev-parse --verify -q HEAD > /dev/null || skip "these sources are not a clone"
    "$root/tools/make-dist" --into "$BATS_TEST_TMPDIR/one" > "$BATS_TEST_TMPDIR/said"
    TZ=Asia/Tokyo "$root/tools/make-dist" --into "$BATS_TEST_TMPDIR/two"
    diff -r "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
    cd "$BATS_TEST_TMPDIR/one"
    sha256sum -c ./*.sha256
    [ "$(wc -l < "$BATS_TEST_TMPDIR/said")" -eq 3 ]
    # A release by its tag alone, and every library that is looked for.
    git -C "$root" tag --points-at HEAD | grep -qx "v$version" || ls "usbroute-$version+g"*.tar.gz
    tar -tzf ./*.tar.gz | grep -x 'usbroute-[^/]*/CMakeLists.txt'
    for library in libuv fmt libvirt; do grep -x "PackageName: $library" ./*.spdx; done
}
