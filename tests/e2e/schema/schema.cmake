# The schema of the tables that Sluice makes. A suite is a file NAME_test.cpp, a program and a ctest entry.
foreach(suite ddl made)
  add_executable(schema_${suite} schema/${suite}_test.cpp)
  target_link_libraries(schema_${suite} PRIVATE doctest_main e2e_scene)
  target_compile_definitions(schema_${suite} PRIVATE
    SLUICE_SCHEMA="${CMAKE_CURRENT_SOURCE_DIR}/schema" SLUICE_APPS="${CMAKE_CURRENT_SOURCE_DIR}/apps")
  add_test(NAME "schema: ${suite}" COMMAND schema_${suite})
  set_tests_properties("schema: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
