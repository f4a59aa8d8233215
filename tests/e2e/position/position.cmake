# Where a pipeline stands when the two sides meet: every line of the decision table through the real daemon. Which line is
# in which file: see docs/POSITION.md. A suite is a file NAME_test.cpp, a program and a ctest entry.
set(position_suites moved resync went_back restored_server failover sessions forgotten)

foreach(suite ${position_suites})
  add_executable(position_${suite}_tests position/${suite}_test.cpp)
  target_link_libraries(position_${suite}_tests PRIVATE doctest_main e2e_scene)
  add_test(NAME "position: ${suite}" COMMAND position_${suite}_tests)
  set_tests_properties("position: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e;position")
endforeach()
