# Everything that can be asked of the real programs, in every situation, and everything that can be wrong.
add_executable(verbs_tests verbs_test.cpp long_work_test.cpp operating_test.cpp refusal_test.cpp bad_input_test.cpp
  quiet_test.cpp requests_test.cpp other_config_test.cpp damage_test.cpp)
target_link_libraries(verbs_tests PRIVATE doctest_main e2e_scene)
foreach(suite verbs operating refusal bad_input quiet requests other_config damage)
  add_test(NAME "e2e: ${suite}" COMMAND verbs_tests --test-suite=${suite})
  set_tests_properties("e2e: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
