# What nearly every file includes of the standard library is read once: it is most of what compiling a file costs. A
# file still includes what it uses; this only makes it cheap.
set(SLUICE_COMMON_HEADERS <algorithm> <array> <chrono> <cstdint> <exception> <filesystem> <functional> <map> <memory>
  <optional> <set> <sstream> <stdexcept> <string> <string_view> <utility> <variant> <vector>)

file(WRITE ${PROJECT_BINARY_DIR}/common.cpp "")
add_library(sluice_common OBJECT ${PROJECT_BINARY_DIR}/common.cpp)
target_precompile_headers(sluice_common PRIVATE ${SLUICE_COMMON_HEADERS})

# sluice_precompile(TARGET [header...]): the common headers, and these of libraries that most files of the target use.
function(sluice_precompile TARGET)
  if(ARGN)
    target_precompile_headers(${TARGET} PRIVATE ${SLUICE_COMMON_HEADERS} ${ARGN})
  else()
    target_precompile_headers(${TARGET} REUSE_FROM sluice_common)
  endif()
endfunction()
