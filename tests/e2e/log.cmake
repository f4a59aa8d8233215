# The newest changes, readable: sluicectl log and GET /v1/log.
add_executable(log_tests scene.cpp store.cpp log_test.cpp)
target_link_libraries(log_tests PRIVATE doctest_main test_support)
target_compile_definitions(log_tests PRIVATE
  SLUICED_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluiced" SLUICECTL_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluicectl")
add_test(NAME "e2e: log" COMMAND log_tests)
set_tests_properties("e2e: log" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
