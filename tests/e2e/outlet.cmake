# Text from outside, wherever it is shown.
add_executable(outlet_tests scene.cpp store.cpp cases/mirror.cpp outlet_test.cpp)
target_link_libraries(outlet_tests PRIVATE doctest_main test_support sluice_text)
target_compile_definitions(outlet_tests PRIVATE
  SLUICED_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluiced" SLUICECTL_PROGRAM="${PROJECT_BINARY_DIR}/daemon/sluicectl")
add_test(NAME "e2e: outlet" COMMAND outlet_tests)
set_tests_properties("e2e: outlet" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
