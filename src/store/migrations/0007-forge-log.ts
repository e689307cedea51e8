/** What the access log of forges adds. */
export const forgeLogSchema = `
-- tasks: requests to forges; the oldest go
create table forge_access (
  number integer primary key autoincrement,
  -- wall time in milliseconds
  at integer not null,
  forge text not null,
  method text not null,
  -- without its query
  path text not null,
  -- 0 when no answer came
  status integer not null,
  ms integer not null
) strict;
`
