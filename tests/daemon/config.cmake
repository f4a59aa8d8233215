add_executable(config_tests config_test.cpp units_test.cpp redact_test.cpp log_test.cpp pages_test.cpp)
target_link_libraries(config_tests PRIVATE doctest_main sluice_config sluice_log)
target_compile_definitions(config_tests PRIVATE
  SAMPLE_CONFIG="${PROJECT_SOURCE_DIR}/config.yaml"
  PROJECT_FOLDER="${PROJECT_SOURCE_DIR}"
  SLUICECTL_PROGRAM="$<TARGET_FILE:sluicectl>")
# The commands on the pages are held against the program's own.
add_dependencies(config_tests sluicectl)
doctest_discover_tests(config_tests)
