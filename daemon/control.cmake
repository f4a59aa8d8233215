add_library(sluice_control STATIC
  status.cpp work_meter.cpp clock_text.cpp metrics.cpp
  control_protocol.cpp control_answers.cpp control_request.cpp control_query.cpp control_routes.cpp
  control_resync.cpp control_cutover.cpp control_progress.cpp control_verify.cpp control_events.cpp control_event_hub.cpp
  socket_address.cpp control_directory.cpp control_socket.cpp control_lines.cpp
  control_session.cpp control_streams.cpp control_server.cpp)
target_link_libraries(sluice_control
  PUBLIC Boost::boost nlohmann_json::nlohmann_json prometheus-cpp::core Threads::Threads
  PRIVATE sluice_config fmt::fmt PkgConfig::systemd)

# The verbs of sluicectl, apart from those that work without a daemon.
add_library(sluice_ctl STATIC
  control_client.cpp no_daemon.cpp ctl_failure.cpp ctl_invocation.cpp
  ctl_render.cpp ctl_progress.cpp ctl_status_screen.cpp ctl_status.cpp ctl_log.cpp ctl_log_table.cpp ctl_flush.cpp ctl_simple.cpp
  ctl_resync.cpp ctl_verify.cpp ctl_verify_screen.cpp ctl_cutover.cpp ctl_cutover_screen.cpp
  ctl_columns.cpp ctl_consent.cpp ctl_quarantine.cpp ctl_quarantine_screen.cpp)
target_link_libraries(sluice_ctl PUBLIC sluice_control sluice_config PRIVATE fmt::fmt)

# check, install and uninstall call daemon/offline.h, which the daemon's library brings.
add_executable(sluicectl sluicectl.cpp child_process.cpp ctl_migrate.cpp ctl_offline.cpp ctl_schema.cpp)
target_link_libraries(sluicectl PRIVATE sluice_ctl sluice_daemon CLI11::CLI11 fmt::fmt)
install(TARGETS sluicectl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
