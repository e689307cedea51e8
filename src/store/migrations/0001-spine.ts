/** The tables of the spine. Facts (journals, blobs, what this node saw) first; tables that a view derives are dropped and rebuilt by it. */
export const spineSchema = `
create table setting (
  name text primary key,
  value text not null
) strict;

-- journal: one row for each incarnation of each author in each hive; long names stand here once
create table chain (
  id integer primary key,
  hive text not null,
  node text not null,
  incarnation integer not null,
  unique (hive, node, incarnation)
) strict;
-- entries of every author in every hive; the header says all that has no column; the body is null when it was erased
create table entry (
  chain integer not null references chain (id),
  seq integer not null,
  -- the sha2-256 in the CID
  digest blob not null,
  kind text not null,
  at integer not null,
  header blob not null,
  signature blob not null,
  body blob,
  -- 1: its own signature was checked; 0: proven by a later entry of its chain; -1: chain good, signature bad, not served last
  proven integer not null,
  -- our own order of arrival: views apply in it, and a reader can follow from where it stood
  arrival integer primary key autoincrement,
  unique (chain, seq)
) strict;
create index entry_digest on entry (digest);
create index entry_kind on entry (kind, arrival);
-- the verdict under which the views were built
create table author (
  hive text not null,
  node text not null,
  verdict text not null,
  after_incarnation integer,
  after_seq integer,
  primary key (hive, node)
) strict, without rowid;
-- two signed headers of one author at one position; the earliest known of an incarnation
create table fork (
  hive text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  -- the last entry that both branches share, as far as known
  shared integer not null,
  first blob not null,
  second blob not null,
  primary key (hive, node, incarnation)
) strict, without rowid;
-- entries of our own that our chain has no place for, found with peers after a restore
create table stray (
  hive text not null,
  incarnation integer not null,
  seq integer not null,
  cid text not null,
  wire blob not null,
  reauthored integer not null default 0,
  primary key (hive, incarnation, seq, cid)
) strict, without rowid;
-- bodies erased by their author's record, named by source
create table erasure (
  hive text not null,
  node text not null,
  cid text not null,
  source text not null,
  wire blob not null,
  primary key (hive, node, cid)
) strict, without rowid;

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
-- content: what the list blocks here say, so that presence is known without reading them; 32 bytes of digest for each chunk
create table chunk_list (
  digest blob primary key,
  size integer not null,
  chunks blob not null
) strict, without rowid;
-- content: who signed that they keep a copy; at is the signer's wall time
create table receipt (
  hive text not null,
  cid text not null,
  node text not null,
  at integer not null,
  signature blob not null,
  primary key (hive, cid, node)
) strict, without rowid;

create table view (
  hive text not null,
  name text not null,
  version integer not null,
  fault text,
  primary key (hive, name)
) strict, without rowid;

-- market: every release that counts; of rivals for one version one stands
create table release (
  hive text not null,
  owner text not null,
  name text not null,
  version text not null,
  entry text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  at integer not null,
  stands integer not null,
  -- later entries of the same author that say other bytes for this version
  contradictions integer not null,
  digest blob not null,
  size integer not null,
  file_count integer not null,
  archive text not null,
  files text not null,
  manifest text not null,
  primary key (hive, owner, name, version, node)
) strict, without rowid;
create index release_name on release (hive, name);
create index release_entry on release (entry);
-- market: one row for each package; newest is the entry of its newest release, whose time, kind and archive (the digest in its CID) are
-- here again, so that to list, to search and to count needs no look at releases
create table package (
  id integer primary key,
  hive text not null,
  owner text not null,
  name text not null,
  newest text not null,
  at integer not null,
  kind text not null,
  archive blob not null,
  unique (hive, owner, name)
) strict;
create index package_name on package (hive, name);
create index package_at on package (hive, at);
create index package_archive on package (hive, archive);
-- market: what plain search reads, by package.id
create virtual table package_text using fts5 (name, keywords, description, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');

-- hive: the hives this node is in, and the invites and enrolments it gave out
create table hive (
  id text primary key,
  genesis blob not null,
  is_current integer not null,
  bootstrap text not null,
  joined_at integer not null
) strict, without rowid;
create table hive_invite (
  hive text not null,
  id blob not null,
  kind text not null,
  key blob not null,
  uses integer not null,
  spent integer not null,
  terms blob not null,
  expires_at integer not null,
  primary key (hive, id)
) strict, without rowid;
-- who used which code, so that a retry after a lost answer is no second use
create table hive_invite_use (
  hive text not null,
  id blob not null,
  subject text not null,
  primary key (hive, id, subject)
) strict, without rowid;
-- derived from journals: certificates of nodes by owner, grants of any author in order, owners' revocations of their nodes
create table hive_certificate (
  hive text not null,
  node text not null,
  owner text not null,
  serial integer not null,
  bytes blob not null,
  primary key (hive, node, owner)
) strict, without rowid;
create table hive_grant (
  hive text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  cid text not null,
  type text not null,
  body blob not null,
  primary key (hive, node, incarnation, seq)
) strict, without rowid;
create index hive_grant_type on hive_grant (hive, type);
create table hive_node_revocation (
  hive text not null,
  node text not null,
  owner text not null,
  incarnation integer not null,
  seq integer not null,
  primary key (hive, node, owner)
) strict, without rowid;

-- runtime: where members of a hive were reached, for the next start
create table known_peer (
  hive text not null,
  peer text not null,
  addresses text not null,
  seen_at integer not null,
  primary key (hive, peer)
) strict, without rowid;
`
