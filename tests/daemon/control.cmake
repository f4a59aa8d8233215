# The control channel: server, socket, documents, client, sluicectl's verbs.
add_executable(control_tests
  admission_test.cpp control_fixture.cpp control_server_test.cpp control_lines_test.cpp control_socket_test.cpp
  control_documents_test.cpp control_quarantine_test.cpp control_verify_test.cpp cutover_test.cpp work_meter_test.cpp)
target_link_libraries(control_tests PRIVATE sluice_control sluice_verbs doctest_main)
doctest_discover_tests(control_tests)
