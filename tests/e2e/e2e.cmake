# The real daemon between a real SQLite file and a real Postgres. A ctest entry a suite: each starts its own cluster.
add_executable(e2e_tests crash_test.cpp whole_transactions_test.cpp wire_test.cpp steady_state_test.cpp)
target_link_libraries(e2e_tests PRIVATE doctest_main e2e_scene)
foreach(suite crash whole_transactions wire steady_state)
  add_test(NAME "e2e: ${suite}" COMMAND e2e_tests --test-suite=${suite})
  set_tests_properties("e2e: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
