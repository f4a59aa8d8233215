# Looks apart from data, and a stop that nothing delays.
add_executable(looks_tests blocked_server.cpp looks_test.cpp stop_test.cpp)
target_link_libraries(looks_tests PRIVATE doctest_main e2e_scene)
foreach(suite looks stop)
  add_test(NAME "e2e: ${suite}" COMMAND looks_tests --test-suite=${suite})
  set_tests_properties("e2e: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
