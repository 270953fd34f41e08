# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

# Cross-compiling for 64-bit Windows with mingw-w64, either thread model: we have no threads.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
