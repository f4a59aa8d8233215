# Text from outside, wherever it is shown.
add_executable(outlet_tests outlet_test.cpp)
target_link_libraries(outlet_tests PRIVATE doctest_main e2e_scene sluice_text)
add_test(NAME "e2e: outlet" COMMAND outlet_tests)
set_tests_properties("e2e: outlet" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
