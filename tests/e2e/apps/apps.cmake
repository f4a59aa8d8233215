# Two applications as people have them, an e-shop and a media library: the Postgres schema they are to move to, its SQLite
# twin, and a day's work through the real daemon, in both modes.
foreach(app shop media)
  add_executable(${app}_app_tests apps/${app}_test.cpp apps/by_value.cpp $<$<STREQUAL:${app},shop>:apps/shop_session.cpp>)
  target_link_libraries(${app}_app_tests PRIVATE doctest_main e2e_scene)
  target_compile_definitions(${app}_app_tests PRIVATE SLUICE_APPS="${CMAKE_CURRENT_SOURCE_DIR}/apps")
  add_test(NAME "apps: ${app}" COMMAND ${app}_app_tests)
  set_tests_properties("apps: ${app}" PROPERTIES TIMEOUT 300 LABELS "postgres;e2e")
endforeach()
