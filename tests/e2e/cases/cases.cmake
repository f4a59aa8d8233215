# The ways in which capture by triggers is known to lose, double or misorder changes, or to break the application, each
# through the real daemon. A suite is a file NAME_test.cpp, a program and a ctest entry, with a cluster of its own.
set(case_suites replace keys_and_cascades user_triggers kinds_of_tables keyless values application schema_changes schema_followed migrate copies ring
  restored transactions guest watching uninstall)

foreach(suite ${case_suites})
  add_executable(${suite}_cases cases/${suite}_test.cpp)
  target_link_libraries(${suite}_cases PRIVATE doctest_main e2e_scene)
  add_test(NAME "cases: ${suite}" COMMAND ${suite}_cases)
  set_tests_properties("cases: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e;cases")
endforeach()
