# The daemon's own parts: the pump decides, so it is tested without files, servers and time.
add_executable(daemon_tests pump_test.cpp failure_test.cpp file_watch_test.cpp guard_test.cpp log_view_test.cpp
  lookout_test.cpp messages_test.cpp migration_tools_test.cpp batch_size_test.cpp operating_page_test.cpp)
target_link_libraries(daemon_tests PRIVATE doctest_main sluice_daemon test_support)
target_compile_definitions(daemon_tests PRIVATE PROJECT_FOLDER="${PROJECT_SOURCE_DIR}")
doctest_discover_tests(daemon_tests TEST_PREFIX "daemon: ")

# The front of a pipeline's two sides, with both of them.
add_executable(replicator_tests replicator_test.cpp)
target_link_libraries(replicator_tests PRIVATE doctest_main sluice_sync test_support)
add_test(NAME "daemon: replicator" COMMAND replicator_tests)
set_tests_properties("daemon: replicator" PROPERTIES TIMEOUT 120 LABELS "postgres")
