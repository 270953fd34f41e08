# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# usbroute-guest.exe and usbroute-guestw.exe, where mingw-w64 is there: a project of its own with a compiler of its own.
set(USBROUTE_WINDOWS_GUEST AUTO CACHE STRING "Build the guest's program for Windows (needs mingw-w64): AUTO, ON or OFF")
set_property(CACHE USBROUTE_WINDOWS_GUEST PROPERTY STRINGS AUTO ON OFF)
find_program(USBROUTE_MINGW x86_64-w64-mingw32-g++)
if(USBROUTE_WINDOWS_GUEST STREQUAL "AUTO")
  if(NOT USBROUTE_MINGW)
    message(STATUS "usbroute-guest.exe is not built: there is no x86_64-w64-mingw32-g++ (mingw-w64)")
    return()
  endif()
elseif(NOT USBROUTE_WINDOWS_GUEST)
  return()
elseif(NOT USBROUTE_MINGW)
  message(FATAL_ERROR "USBROUTE_WINDOWS_GUEST is ON, and there is no x86_64-w64-mingw32-g++: install mingw-w64, or set it to AUTO")
endif()

include(ExternalProject)
ExternalProject_Add(usbroute-guest-windows
  SOURCE_DIR ${CMAKE_CURRENT_SOURCE_DIR}/guest/windows
  BINARY_DIR ${CMAKE_BINARY_DIR}/windows
  CMAKE_ARGS -DCMAKE_TOOLCHAIN_FILE=${CMAKE_SOURCE_DIR}/cmake/mingw.cmake
             -DCMAKE_RUNTIME_OUTPUT_DIRECTORY=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
             # The flags in the environment of a package's build are for this system's programs.
             -DCMAKE_CXX_FLAGS= -DCMAKE_EXE_LINKER_FLAGS=
             -DCMAKE_BUILD_TYPE=MinSizeRel -DUSBROUTE_WERROR=${USBROUTE_WERROR} -DUSBROUTE_VERSION=${PROJECT_VERSION}
  # Which sources have changed the inner build knows; asking it takes a moment.
  BUILD_ALWAYS ON
  BUILD_BYPRODUCTS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/usbroute-guest.exe ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/usbroute-guestw.exe
  INSTALL_COMMAND "")
# For copying into a guest; nothing on this system runs them.
install(PROGRAMS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/usbroute-guest.exe ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/usbroute-guestw.exe
        DESTINATION ${CMAKE_INSTALL_DATADIR}/usbroute)
