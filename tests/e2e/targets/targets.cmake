# Targets as people have them, each through the real daemon. A suite is a file NAME_test.cpp, a program and a ctest
# entry, with a cluster of its own.
foreach(suite names odd_names filters columns partitions refusals rule_changes owners two_targets)
  add_executable(target_${suite} targets/${suite}_test.cpp)
  target_link_libraries(target_${suite} PRIVATE doctest_main e2e_scene)
  add_test(NAME "targets: ${suite}" COMMAND target_${suite})
  set_tests_properties("targets: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e;targets")
endforeach()
