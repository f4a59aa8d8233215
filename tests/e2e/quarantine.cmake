# Rows that Postgres refuses, held back one by one: sluicectl quarantine and skip, and their endpoints.
add_executable(quarantine_tests quarantine_test.cpp)
target_link_libraries(quarantine_tests PRIVATE doctest_main e2e_scene)
add_test(NAME "e2e: quarantine" COMMAND quarantine_tests)
set_tests_properties("e2e: quarantine" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
