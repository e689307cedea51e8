/** The tables of the spine. Facts (journals, blobs, what this node saw) first; tables that a view derives are dropped and rebuilt by it. */
export const spineSchema = `
create table setting (
  name text primary key,
  value text not null
) strict;

-- journal: entries of every author in every hive; the body is null when it was erased
create table entry (
  hive text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  cid text not null,
  kind text not null,
  at integer not null,
  header blob not null,
  signature blob not null,
  body_cid text not null,
  body_size integer not null,
  body blob,
  -- our own order of arrival: views apply in it, and a reader can follow from where it stood
  arrival integer primary key autoincrement,
  unique (hive, node, incarnation, seq)
) strict;
create index entry_cid on entry (cid);
create index entry_kind on entry (hive, kind, arrival);

-- content: one row for each block on disk; size is of the plain bytes, stored of the file
create table block (
  digest blob primary key,
  size integer not null,
  stored integer not null,
  encoding text not null,
  added_at integer not null
) strict, without rowid;
-- why a piece of content is kept: an entry, a pin, a lease
create table reference (
  hive text not null,
  cid text not null,
  reason text not null,
  source text not null,
  until integer,
  primary key (hive, cid, reason, source)
) strict, without rowid;
create index reference_cid on reference (cid);

create table view (
  hive text not null,
  name text not null,
  version integer not null,
  fault text,
  primary key (hive, name)
) strict, without rowid;
`
