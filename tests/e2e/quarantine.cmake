# Rows that Postgres refuses, held back one by one: sluicectl quarantine and skip, and their endpoints.
add_executable(quarantine_tests scene.cpp store.cpp quarantine_test.cpp)
target_link_libraries(quarantine_tests PRIVATE doctest_main test_support)
target_compile_definitions(quarantine_tests PRIVATE
  SLUICED_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluiced" SLUICECTL_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluicectl")
add_test(NAME "e2e: quarantine" COMMAND quarantine_tests)
set_tests_properties("e2e: quarantine" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
