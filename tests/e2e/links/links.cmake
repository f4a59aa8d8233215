# The way between the daemon and Postgres: links that break, poolers, servers that refuse. A suite is a file
# NAME_test.cpp, a program and a ctest entry, with a cluster of its own.
set(link_suites bad_link pooler faults waits)

foreach(suite ${link_suites})
  add_executable(${suite}_tests links/${suite}_test.cpp)
  target_link_libraries(${suite}_tests PRIVATE doctest_main e2e_scene)
  add_test(NAME "links: ${suite}" COMMAND ${suite}_tests)
  set_tests_properties("links: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
