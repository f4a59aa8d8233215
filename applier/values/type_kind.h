#pragma once

/// The Postgres types that conversion tells apart. Pure.
namespace sluice::applier {

/// What `other` holds goes through Postgres's own input.
enum class TypeKind {
  boolean,
  int2,
  int4,
  int8,
  float4,
  float8,
  numeric,
  text,  ///< text, varchar(n), char(n)
  bytea,
  date,
  time,
  timetz,
  timestamp,
  timestamptz,
  interval,
  uuid,
  json,
  jsonb,
  array,  ///< of whatever
  other,
};

/// The kind of a type by the oid of its base type (domains resolved). The oids are Postgres's fixed ones.
TypeKind kind_of(unsigned base_type_oid, bool is_array = false);

/// smallint, integer or bigint.
bool is_integer(TypeKind kind);

/// Its name for people: `double precision`.
const char* name_of(TypeKind kind);

}  // namespace sluice::applier
