#include "daemon/base/redact.h"

#include <doctest/doctest.h>

#include <string>

using namespace sluice::daemon;

TEST_CASE("a URL is printed without its passwords and otherwise as libpq understands it") {
  CHECK(redact_url("postgresql:///shop") == "postgresql:///shop");
  CHECK(redact_url("postgres://me:secret@db.example:5433/shop") == "postgres://me@db.example:5433/shop");
  CHECK(redact_url("postgresql://me@h/db?password=secret&sslpassword=secret&sslmode=require") ==
        "postgresql://me@h/db?sslmode=require");
  CHECK(redact_url("postgresql://[::1]:5432/db") == "postgresql://[::1]:5432/db");
  CHECK(redact_url("postgresql://me%40corp:secret@h/db") == "postgresql://me%40corp@h/db");
  CHECK(redact_url("host=h password='secret it' dbname='my db'") == "dbname='my db' host=h");
}

TEST_CASE("a printed URL means the same to libpq") {
  for (const char* url :
       {"postgresql:///shop", "postgresql://a:1,b:2/db?target_session_attrs=any",
        "postgresql://%2Frun%2Fpg/db", "host=/run/pg dbname='it''s'", "postgresql://u@h:5/d%20b"}) {
    CAPTURE(url);
    const std::string once = redact_url(url);
    CHECK(redact_url(once) == once);
  }
}

TEST_CASE("no password leaks, however the text is written or broken") {
  for (const char* url : {
           "postgresql://user:secret@h/db?password=secret&sslpassword=secret",
           "postgresql://user:%73ecret@h/db",
           "postgresql://user:sec%72et@h/db",
           "postgresql://:secret@h",
           "postgresql://user%3Asecret@h/db",
           "postgresql://user:a/secret@h/db",
           "postgresql://user:1/secret@h/db",
           "postgresql://user:secret/1@h/db",
           "postgresql://user:p@secret@h/db",
           "postgresql://user:secret@p@h/db",
           "postgresql://user:a?secret@h/db",
           "postgresql://user:a#secret@h/db",
           "postgresql://user:1/x?application_name=secret@h/db",
           "postgresql://user:%zzsecret@h/db",
           "postgresql://user:secret@[h/db",
           "postgresql://user:secret@h/db?nosuch=1",
           "postgresql://user:secret",
           "postgres:/user:secret@h/db",
           "POSTGRESQL://user:secret@h/db",
           "user:secret@h/db",
           "mysql://user:secret@h/db",
           "host=h password='secret' sslpassword = secret",
           "host=h password=secret",
           "host=h password = 'se cret secret' user=u",
           "host=h password=a secret",
           "host=h password='a'secret'",
           "host=h password='secret",
           "host=h passwrod=secret",
           "host=user:secret@h",
           "dbname=postgresql://user:secret@h/db",
           "dbname='host=h password=secret'",
           "dbname='host=h PASSWORD : secret'",
       }) {
    CAPTURE(url);
    const std::string printed = redact_url(url);
    CAPTURE(printed);
    CHECK(printed.find("secret") == std::string::npos);
    CHECK(printed.find("cret") == std::string::npos);
    if (const auto fault = url_fault(url)) CHECK(fault->find("secret") == std::string::npos);
  }
}

TEST_CASE("an unreadable URL shows its scheme at most") {
  CHECK(redact_url("postgresql://u:p@h/db?x=1") == "postgresql://(unreadable url)");
  CHECK(redact_url("nonsense") == "(unreadable url)");
}
