# SPDX-License-Identifier: Apache-2.0
# What is installed: the library, its headers, and the two descriptions by which others find it (pkg-config and CMake).
include(CMakePackageConfigHelpers)

install(TARGETS sabir EXPORT sabirTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/sabir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(SABIR_CMAKE_DIRECTORY ${CMAKE_INSTALL_LIBDIR}/cmake/sabir)
configure_package_config_file(${PROJECT_SOURCE_DIR}/capi/sabirConfig.cmake.in ${PROJECT_BINARY_DIR}/sabirConfig.cmake
  INSTALL_DESTINATION ${SABIR_CMAKE_DIRECTORY} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sabirConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sabirConfig.cmake ${PROJECT_BINARY_DIR}/sabirConfigVersion.cmake
  DESTINATION ${SABIR_CMAKE_DIRECTORY})
install(EXPORT sabirTargets NAMESPACE sabir:: DESTINATION ${SABIR_CMAKE_DIRECTORY})

# Paths in sabir.pc are relative to the file, so that an installed tree may be moved; absolute ones are taken as they are.
set(SABIR_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
set(SABIR_PC_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
set(SABIR_PC_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  file(RELATIVE_PATH SABIR_PC_UPWARDS /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  string(REGEX REPLACE "/$" "" SABIR_PC_UPWARDS "${SABIR_PC_UPWARDS}")
  set(SABIR_PC_PREFIX "\${pcfiledir}/${SABIR_PC_UPWARDS}")
  set(SABIR_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(SABIR_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(${PROJECT_SOURCE_DIR}/capi/sabir.pc.in ${PROJECT_BINARY_DIR}/sabir.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sabir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
