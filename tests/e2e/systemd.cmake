# The units under a real `systemd --user`; exit code 77 where the machine does not allow one.
add_test(NAME "systemd: the user service from enabling to stopping"
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/systemd_test.sh ${PROJECT_BINARY_DIR})
set_tests_properties("systemd: the user service from enabling to stopping" PROPERTIES
  SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS "postgres;systemd")
