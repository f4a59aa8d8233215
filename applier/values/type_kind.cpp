#include "applier/values/type_kind.h"

namespace sluice::applier {

TypeKind kind_of(unsigned base_type_oid, bool is_array) {
  if (is_array) return TypeKind::array;
  switch (base_type_oid) {
    case 16:
      return TypeKind::boolean;
    case 17:
      return TypeKind::bytea;
    case 20:
      return TypeKind::int8;
    case 21:
      return TypeKind::int2;
    case 23:
      return TypeKind::int4;
    case 19:
    case 25:
    case 1042:
    case 1043:
      return TypeKind::text;
    case 114:
      return TypeKind::json;
    case 700:
      return TypeKind::float4;
    case 701:
      return TypeKind::float8;
    case 1082:
      return TypeKind::date;
    case 1083:
      return TypeKind::time;
    case 1114:
      return TypeKind::timestamp;
    case 1184:
      return TypeKind::timestamptz;
    case 1186:
      return TypeKind::interval;
    case 1266:
      return TypeKind::timetz;
    case 1700:
      return TypeKind::numeric;
    case 2950:
      return TypeKind::uuid;
    case 3802:
      return TypeKind::jsonb;
    default:
      return TypeKind::other;
  }
}

bool is_integer(TypeKind kind) {
  return kind == TypeKind::int2 || kind == TypeKind::int4 || kind == TypeKind::int8;
}

const char* name_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::boolean:
      return "boolean";
    case TypeKind::int2:
      return "smallint";
    case TypeKind::int4:
      return "integer";
    case TypeKind::int8:
      return "bigint";
    case TypeKind::float4:
      return "real";
    case TypeKind::float8:
      return "double precision";
    case TypeKind::numeric:
      return "numeric";
    case TypeKind::text:
      return "text";
    case TypeKind::bytea:
      return "bytea";
    case TypeKind::date:
      return "date";
    case TypeKind::time:
      return "time";
    case TypeKind::timetz:
      return "timetz";
    case TypeKind::timestamp:
      return "timestamp";
    case TypeKind::timestamptz:
      return "timestamptz";
    case TypeKind::interval:
      return "interval";
    case TypeKind::uuid:
      return "uuid";
    case TypeKind::json:
      return "json";
    case TypeKind::jsonb:
      return "jsonb";
    case TypeKind::array:
      return "array";
    case TypeKind::other:
      break;
  }
  return "other";
}

}  // namespace sluice::applier
