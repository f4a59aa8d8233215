# Looks apart from data, and a stop that nothing delays.
add_executable(looks_tests scene.cpp store.cpp blocked_server.cpp looks_test.cpp stop_test.cpp)
target_link_libraries(looks_tests PRIVATE doctest_main test_support)
target_compile_definitions(looks_tests PRIVATE
  SLUICED_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluiced" SLUICECTL_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluicectl")
foreach(suite looks stop)
  add_test(NAME "e2e: ${suite}" COMMAND looks_tests --test-suite=${suite})
  set_tests_properties("e2e: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
