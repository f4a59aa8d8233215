# Writes OUTPUT, a header with one string constant for every file in INPUTS: sql/changelog.sql becomes
# sluice::sql::changelog, sql/triggers.sql.in becomes sluice::sql::triggers. What is sent to a server with every
# connection goes without its comments and its indentation; what becomes a part of a database keeps them.
#   cmake -DOUTPUT=<header> -DINPUTS=<file,file,...> -P EmbedSql.cmake
string(REPLACE "," ";" files "${INPUTS}")
set(text "#pragma once\n\n#include <string_view>\n\n/// The files of sql/, as text.\nnamespace sluice::sql {\n\n")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" content)
  if(NOT content MATCHES "CREATE ")
    string(REGEX REPLACE "\n *--[^\n]*" "" content "\n${content}")
    string(REGEX REPLACE "\n +" "\n" content "${content}")
    string(STRIP "${content}" content)
  endif()
  string(APPEND text "inline constexpr std::string_view ${name} = R\"sql(${content})sql\";\n\n")
endforeach()
string(APPEND text "}  // namespace sluice::sql\n")
file(WRITE "${OUTPUT}" "${text}")
