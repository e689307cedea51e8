/** What models add: what each call took, for limits that hold over restarts. */
export const modelsSchema = `
-- models: one row for each call, written before it is sent
create table model_call (
  id integer primary key,
  -- wall time in milliseconds; never before an earlier row's
  at integer not null,
  -- ENDPOINT/MODEL
  model text not null,
  task text not null,
  -- millionths of a US dollar
  usd integer not null,
  tokens integer not null,
  -- 0 while this is the most it can take, 1 once it is what it took
  is_settled integer not null
) strict;
create index model_call_at on model_call (at);
create index model_call_task on model_call (task);
`
