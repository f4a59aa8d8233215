# Values by rule and by guess, through the real daemon.
add_executable(values_e2e_tests values_test.cpp)
target_link_libraries(values_e2e_tests PRIVATE doctest_main e2e_scene)
add_test(NAME "e2e: values" COMMAND values_e2e_tests)
set_tests_properties("e2e: values" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
