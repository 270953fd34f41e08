# Copyright 2026 usbroute authors
# Distributed under the terms of the MIT License
# shellcheck shell=bash disable=SC2034,SC2154

EAPI=8

PYTHON_COMPAT=( python3_{11..14} )
inherit cmake git-r3 linux-info python-any-r1

DESCRIPTION="Moves USB sockets of a PC between the host and its KVM guests at run time"
# Where you have cloned it from; a folder will do: file:///home/me/usbroute
EGIT_REPO_URI="${USBROUTE_REPOSITORY}"

LICENSE="MIT"
SLOT="0"
KEYWORDS=""
IUSE="elogind +import libvirt +live +man +seccomp sim systemd test"
RESTRICT="!test? ( test )"

DEPEND="
	dev-cpp/nlohmann_json
	dev-cpp/tomlplusplus
	dev-libs/libfmt:=
	dev-libs/libuv:=
	dev-libs/spdlog:=
	virtual/libudev:=
	import? ( dev-libs/libyaml:= dev-libs/pugixml:= )
	libvirt? (
		app-emulation/libvirt:=[qemu]
		dev-libs/pugixml:=
	)
	live? ( sys-libs/ncurses:=[unicode(+)] )
	elogind? ( sys-auth/elogind )
	seccomp? ( sys-libs/libseccomp )
	systemd? ( sys-apps/systemd )
"
RDEPEND="
	${DEPEND}
	acct-group/usbroute
	acct-user/usbroute
	libvirt? (
		acct-group/usbroute-libvirt
		acct-user/usbroute-libvirt
	)
	sys-apps/kmod
	sim? ( dev-util/umockdev )
"
DEPEND+="
	test? ( dev-cpp/gtest )
"
BDEPEND="
	${PYTHON_DEPS}
	virtual/pkgconfig
	man? ( app-text/scdoc )
	test? ( dev-util/bats )
"

# Without the first two nothing moves; the others are for guests.
CONFIG_CHECK="~USB_XHCI_HCD ~USB_EHCI_HCD ~VFIO_PCI ~INTEL_IOMMU"

pkg_setup() {
	linux-info_pkg_setup
	python-any-r1_pkg_setup
}

src_configure() {
	# What starts fast is linked so in this type only (docs/decisions/0005); the flags are yours.
	local CMAKE_BUILD_TYPE=Release
	local mycmakeargs=(
		-DUSBROUTE_IMPORT="$(usex import)"
		-DUSBROUTE_LIBVIRT="$(usex libvirt ON OFF)"
		-DUSBROUTE_LIVE="$(usex live)"
		-DUSBROUTE_MAN="$(usex man)"
		-DUSBROUTE_OPENRC=ON
		-DUSBROUTE_RUNIT=OFF
		-DUSBROUTE_SECCOMP="$(usex seccomp)"
		-DUSBROUTE_SIM="$(usex sim)"
		-DUSBROUTE_SLEEP="$(usex systemd ON "$(usex elogind)")"
		-DUSBROUTE_SYSTEMD="$(usex systemd)"
		-DUSBROUTE_TESTS="$(usex test)"
		-DUSBROUTE_UDEV=ON
		-DUSBROUTE_WINDOWS_GUEST=OFF
	)
	cmake_src_configure
}

src_test() {
	# The decisions. The system tests want a quiet machine, and some of them root.
	local myctestargs=( -R '^(decisions|reports|daemons|guests|clis|libvirts|lives|sims): ' )
	cmake_src_test
}

pkg_postinst() {
	elog "Can this board do it?  usbroute doctor"
	elog "Name the sockets:      usbroute map"
	elog "Then, with OpenRC:     rc-update add usbrouted default && rc-service usbrouted start"
	elog "Who may toggle:        usermod -aG usbroute NAME"
}
