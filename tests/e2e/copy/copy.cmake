# Copies of tables with keys of every order, killed and written to on their way.
add_executable(killed_copy_tests copy/killed_copy_test.cpp copy/patient_writer.cpp copy/shapes.cpp copy/english_server.cpp)
target_link_libraries(killed_copy_tests PRIVATE doctest_main e2e_scene)
add_test(NAME "copy: killed" COMMAND killed_copy_tests)
set_tests_properties("copy: killed" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
