/** What tasks add: projects, the newest verified chain of each claim, and tasks and pull requests of projects without a forge. */
export const tasksSchema = `
-- tasks: repositories whose tasks this node works on or looks at, each for one hive
create table project (
  hive text not null,
  id text not null,
  url text not null,
  -- github, gitea, gitlab, git
  forge text not null,
  base text not null,
  -- wall time in milliseconds
  added_at integer not null,
  primary key (hive, id)
) strict, without rowid;
-- tasks: links of chains, as git commits; with them a forge that lost a chain is given it back
create table claim_link (
  hive text not null,
  project text not null,
  task text not null,
  number integer not null,
  id text not null,
  bytes blob not null,
  primary key (hive, project, task, number)
) strict, without rowid;
-- tasks: what the newest verified link of each chain says, as JSON
create table claim_chain (
  hive text not null,
  project text not null,
  task text not null,
  state text not null,
  primary key (hive, project, task)
) strict, without rowid;
-- tasks: tasks and pull requests that are records of the hive, as the newest edit says; a view
create table work_record (
  hive text not null,
  kind text not null,
  -- the entry that began it
  id text not null,
  edit integer not null,
  entry text not null,
  project text not null,
  state text not null,
  at integer not null,
  record text not null,
  primary key (hive, kind, id)
) strict, without rowid;
create index work_record_project on work_record (hive, project, kind, state);
`
