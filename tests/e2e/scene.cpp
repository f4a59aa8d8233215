#include "tests/e2e/scene.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <stdexcept>

namespace sluice::e2e {

using support::DaemonProcess;
using support::HttpAnswer;

std::string shop(const std::filesystem::path& source, const std::string& url, const std::string& settings) {
  return "pipelines:\n"
         "  shop:\n"
         "    source:\n"
         "      path: " +
         source.string() +
         "\n"
         "    target:\n"
         "      url: \"" +
         url + "\"\n" + settings +
         "    retry:\n"
         "      initial: 50ms\n"
         "      max: 500ms\n"
         "log:\n"
         "  level: debug\n";
}

nlohmann::json pipeline_status(DaemonProcess& daemon) {
  const HttpAnswer answer = daemon.http("GET", "/v1/status");
  return answer.status == 200 ? answer.json.at("pipelines").at(0) : nlohmann::json();
}

void wait_for_state(DaemonProcess& daemon, const std::string& state) {
  support::wait_until("the pipeline is " + state, [&] {
    const auto status = pipeline_status(daemon);
    return status.is_object() && status.at("state") == state;
  });
}

HttpAnswer flush(DaemonProcess& daemon, int timeout_ms) {
  return daemon.http("POST", "/v1/flush", nlohmann::json{{"timeout_ms", timeout_ms}}.dump());
}

nlohmann::json must_flush(DaemonProcess& daemon) {
  HttpAnswer answer;
  support::wait_until("a flush has done its work", [&] {
    answer = flush(daemon);
    return answer.status != 504;
  });
  if (answer.status == 200) return answer.json;
  const std::string log = daemon.log();
  throw std::runtime_error("a flush answered " + std::to_string(answer.status) + " " + answer.body + "\n" +
                           log.substr(log.size() - std::min<std::size_t>(log.size(), 3000)));
}

SQLite::Database connect(const std::filesystem::path& file, int busy_timeout_ms) {
  return SQLite::Database(file, SQLite::OPEN_READWRITE, busy_timeout_ms);
}

void count_inserts(const support::PostgresCluster& cluster, const std::string& database,
                   const std::string& table, const std::string& owner) {
  const std::string log = "public.inserted_into_" + table;
  cluster.psql(database,
               "CREATE TABLE " + log +
                   " (key bigint);"
                   "CREATE FUNCTION public.note_" +
                   table +
                   "() RETURNS trigger LANGUAGE plpgsql AS"
                   " 'BEGIN INSERT INTO " +
                   log +
                   " VALUES (NEW.id); RETURN NULL; END';"
                   "CREATE TRIGGER note AFTER INSERT ON public." +
                   table + " FOR EACH ROW EXECUTE FUNCTION public.note_" + table +
                   "();"
                   "ALTER TABLE public." +
                   table + " ENABLE ALWAYS TRIGGER note",
               owner);
}

unsigned announced_seed(const std::string& test) {
  const char* given = std::getenv("SLUICE_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  MESSAGE(test << ": seed " << seed << " (again with SLUICE_SEED=" << seed << ")");
  return seed;
}

int number_from(const char* variable, int otherwise) {
  const char* given = std::getenv(variable);
  return given != nullptr ? std::atoi(given) : otherwise;
}

}  // namespace sluice::e2e
