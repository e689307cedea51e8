/** What the record of a node's own work adds. */
export const holdingResultsSchema = `
-- tasks: what this node's worker held, with what, and what came of it; what says nothing of the work is not kept, and the oldest go
create table holding_result (
  hive text not null,
  project text not null,
  task text not null,
  epoch integer not null,
  -- model, or driver of another agent
  model text not null,
  type text not null,
  -- when the work began: wall time in milliseconds
  at integer not null,
  -- open, in-review, merged, failed; as the chain of the claim said when it was last read
  result text not null,
  primary key (hive, project, task, epoch)
) strict, without rowid;
`
