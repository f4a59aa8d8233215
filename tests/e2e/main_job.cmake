# The main job and a pipeline's life, end to end.
add_executable(main_job_tests main_job_test.cpp life_test.cpp)
target_link_libraries(main_job_tests PRIVATE doctest_main e2e_scene)
target_compile_definitions(main_job_tests PRIVATE SLUICE_DEMO="${PROJECT_SOURCE_DIR}/scripts/demo.d")
foreach(suite main_job life)
  add_test(NAME "e2e: ${suite}" COMMAND main_job_tests --test-suite=${suite})
  set_tests_properties("e2e: ${suite}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
