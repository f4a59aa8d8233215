# The newest changes, readable: sluicectl log and GET /v1/log.
add_executable(log_tests log_test.cpp)
target_link_libraries(log_tests PRIVATE doctest_main e2e_scene)
add_test(NAME "e2e: log" COMMAND log_tests)
set_tests_properties("e2e: log" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
