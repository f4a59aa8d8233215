# The daemon's own parts: the pump decides, so it is tested without files, servers and time.
add_executable(daemon_tests pump_test.cpp failure_test.cpp file_watch_test.cpp guard_test.cpp log_view_test.cpp
  messages_test.cpp migration_tools_test.cpp batch_size_test.cpp operating_page_test.cpp)
target_link_libraries(daemon_tests PRIVATE doctest_main sluice_daemon test_support)
target_compile_definitions(daemon_tests PRIVATE PROJECT_FOLDER="${PROJECT_SOURCE_DIR}")
doctest_discover_tests(daemon_tests TEST_PREFIX "daemon: ")
