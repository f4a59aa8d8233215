add_library(sluice_config STATIC
  config.cpp config_paths.cpp config_reader.cpp
  settings.cpp settings_text.cpp value_text.cpp
  units.cpp nearest.cpp redact.cpp short_hash.cpp
  log.cpp log_line.cpp)
target_compile_definitions(sluice_config PUBLIC SLUICE_VERSION="${PROJECT_VERSION}")
target_link_libraries(sluice_config PUBLIC
  yaml-cpp spdlog::spdlog nlohmann_json::nlohmann_json PkgConfig::pq sluice_values)
