# Comparing the two sides by value, held against an oracle that shares no code with it.
add_executable(verify_mutation_tests verify/mutations_test.cpp verify/oracle.cpp copy/patient_writer.cpp copy/shapes.cpp
  copy/english_server.cpp)
target_link_libraries(verify_mutation_tests PRIVATE doctest_main e2e_scene)
foreach(suite values rows)
  add_test(NAME "verify: ${suite}" COMMAND verify_mutation_tests --test-suite=verify_${suite})
  set_tests_properties("verify: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
add_executable(verify_kept_tests verify/kept_test.cpp)
target_link_libraries(verify_kept_tests PRIVATE doctest_main e2e_scene)
add_test(NAME "verify: kept" COMMAND verify_kept_tests)
set_tests_properties("verify: kept" PROPERTIES LABELS "postgres;e2e")
