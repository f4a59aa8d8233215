# Moving to Postgres: the order of events, what stands in its way, sudden death at every step, and writers that hammer
# on through it. A suite is a file NAME_test.cpp, a program and a ctest entry, with a cluster of its own.
set(cutover_suites move refused death hammer)

foreach(suite ${cutover_suites})
  add_executable(cutover_${suite}_tests cutover/${suite}_test.cpp cutover/mover.cpp)
  target_link_libraries(cutover_${suite}_tests PRIVATE doctest_main e2e_scene)
  add_test(NAME "cutover: ${suite}" COMMAND cutover_${suite}_tests)
  set_tests_properties("cutover: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e;cutover")
endforeach()
