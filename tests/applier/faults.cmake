# Every SQLSTATE that has a rule, on a throwaway server.
add_executable(fault_class_tests fault_classes_test.cpp)
target_link_libraries(fault_class_tests PRIVATE doctest_main test_support sluice_applier sluice_capture)
add_test(NAME "applier: fault classes" COMMAND fault_class_tests)
set_tests_properties("applier: fault classes" PROPERTIES TIMEOUT 120 LABELS postgres)
