add_library(sluice_daemon STATIC
  backoff.cpp
  check.cpp
  column_follow.cpp
  copy_version.cpp
  failure.cpp
  file_signature.cpp
  file_watch.cpp
  guard.cpp
  line_cutter.cpp
  log_view.cpp
  migration.cpp
  migration_tools.cpp
  notify.cpp
  offline.cpp
  pipeline.cpp
  pipeline_cutover.cpp
  pipeline_orders.cpp
  pipeline_quarantine.cpp
  pipeline_verify.cpp
  pump.cpp
  quarantine_view.cpp
  replicator.cpp
  replicator_copy.cpp
  replicator_cutover.cpp
  replicator_follow.cpp
  replicator_make.cpp
  replicator_notes.cpp
  replicator_replay.cpp
  replicator_resync.cpp
  replicator_settle.cpp
  replicator_verify.cpp
  schema_design.cpp
  schema_follow.cpp
  schema_notes.cpp
  run_mark.cpp
  seen_marks.cpp
  source_link.cpp
  source_place.cpp
  status_board.cpp
  target_place.cpp
  verification.cpp
)
target_link_libraries(sluice_daemon PUBLIC
  sluice_capture sluice_applier sluice_config sluice_control Boost::headers PkgConfig::systemd Threads::Threads)

add_executable(sluiced main.cpp daemon.cpp)
target_link_libraries(sluiced PRIVATE sluice_daemon CLI11::CLI11)
install(TARGETS sluiced RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
