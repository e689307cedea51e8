/** What the marketplace adds: the records of owners, what this node saw when, and what search reads. Facts first, derived tables after. */
export const marketplaceSchema = `
-- trust: when this node first saw a release count, by the digest in its entry's CID; a fact, kept when the view is rebuilt
create table release_sight (
  entry blob primary key,
  at integer not null
) strict, without rowid;
-- trust: the newest version this node ever saw of a package from one source, by the first 16 bytes of a sha2-256 over the three; a fact
create table package_sight (
  key blob primary key,
  version text not null,
  at integer not null
) strict, without rowid;

-- trust: what owners and maintainers say of a package beside its releases: yank, deprecate, tag, maintainer, transfer.
-- One row for each word that is remembered, whoever said it; which of them counts is asked when it matters
create table package_word (
  hive text not null,
  owner text not null,
  name text not null,
  kind text not null,
  -- of what: a version, a range, a tag, an owner id; empty for a transfer
  subject text not null,
  -- the owner of the node that said it
  author text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  revision integer not null,
  at integer not null,
  -- what it says; null takes an earlier word back
  value text,
  primary key (hive, owner, name, kind, subject, author, node, incarnation, seq)
) strict, without rowid;
create index package_word_author on package_word (hive, owner, name, author, kind, subject);
-- to whom a package of a name was handed on
create index package_word_transfer on package_word (hive, name, value) where kind = 'transfer';
-- trust: releases of a package by nodes of other owners than its own: they count while their owner is a maintainer
create table guest_release (
  hive text not null,
  owner text not null,
  name text not null,
  author text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  entry text not null,
  at integer not null,
  body blob not null,
  primary key (hive, owner, name, author, node, incarnation, seq)
) strict, without rowid;
-- trust: what counts of the words, where lists and searches read it; a yank's reason, empty when none was given
alter table release add column yanked text;
alter table release add column deprecated text;
-- the owner whose node signed it: another than the package's own for a maintainer
alter table release add column author text not null default '';
-- of release_sight, here again
alter table release add column seen_at integer not null default 0;
create index release_stands on release (hive, name, owner) where stands = 1;
-- 1 when every version is yanked; what is said of the newest; how many versions stand
alter table package add column yanked integer not null default 0;
alter table package add column deprecated text;
alter table package add column versions integer not null default 0;
-- trust: names by pieces of them, so that those within two edits are found without reading all
create table package_piece (
  key integer not null,
  package integer not null,
  primary key (key, package)
) strict, without rowid;

-- search: hives by a short number, and how many packages each has in the index
create table search_hive (
  number integer primary key,
  hive text not null unique,
  packages integer not null
) strict;
-- search: what is searched of a package, by package.id: each word behind its impact, and facets; row is its rowid in search_term
create table search_document (
  id integer primary key,
  hive integer not null,
  row integer not null,
  terms text not null
) strict;
-- search: the terms of documents behind the number of their hive; rowids grow with the time of the newest release, so that a list read
-- backwards begins with what is newest
drop table package_text;
create virtual table search_term using fts5 (terms, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '_'");
-- search: every word with the number of documents it has each impact in; spelling is the row of its spellings while a name or keyword has it
create table search_word (
  hive integer not null,
  word text not null,
  spelling integer,
  impact5 integer not null default 0,
  impact4 integer not null default 0,
  impact3 integer not null default 0,
  impact2 integer not null default 0,
  impact1 integer not null default 0,
  primary key (hive, word)
) strict, without rowid;
-- search: words of names and keywords, and by the same rowid what is left of each when up to two letters go, behind the number of the hive
create table search_spelling (
  id integer primary key,
  hive integer not null,
  word text not null
) strict;
create virtual table search_piece using fts5 (pieces, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '_'");

-- registries: static ones that this node asks; hive is the name under which the index keeps what they say, origin the hive they are of
create table registry (
  id integer primary key,
  name text not null unique,
  url text not null unique,
  hive text not null unique,
  origin text,
  genesis blob,
  added_at integer not null,
  -- when it last answered, our wall time; null when it never did
  answered_at integer,
  -- why it did not answer when it was last asked
  problem text,
  -- of the index view that made the rows of it
  view_version integer not null
) strict;
-- registries: what is known of each of their files, so that it is asked for again only when it changed
create table registry_file (
  registry integer not null,
  path text not null,
  etag text,
  modified text,
  digest blob,
  fetched_at integer not null,
  primary key (registry, path)
) strict, without rowid;
-- registries: signed entries as they came; a fact: what was seen stays, whatever the registry says later. name is empty for what is said of members
create table registry_entry (
  registry integer not null,
  cid text not null,
  -- the name of the entry in the index: of this registry alone
  id text not null,
  name text not null,
  kind text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  wire blob not null,
  -- 1 while the registry still says it
  offered integer not null,
  primary key (registry, cid)
) strict, without rowid;
create index registry_entry_name on registry_entry (registry, name);
create index registry_entry_id on registry_entry (id);
create table registry_certificate (
  registry integer not null,
  node text not null,
  owner text not null,
  serial integer not null,
  bytes blob not null,
  primary key (registry, node, owner)
) strict, without rowid;
-- registries: what unsigned indexes of other makers say; shown, never installed
create table registry_foreign (
  registry integer not null,
  name text not null,
  version text not null,
  description text not null,
  -- sha2-256 in hex as that index has it; nobody signed it
  checksum text,
  category text,
  author text,
  licence text,
  keywords text not null,
  primary key (registry, name, version)
) strict, without rowid;

-- hive: what the person of this node says of owners, whatever the hive: followed, blocked, called by a name of their own choice; facts
create table acquaintance (
  owner text primary key,
  petname text unique,
  followed_at integer,
  blocked_at integer
) strict, without rowid;
-- hive: single packages that are blocked
create table blocked_package (
  owner text not null,
  name text not null,
  at integer not null,
  primary key (owner, name)
) strict, without rowid;
-- journal: signed entries without the chain before them, of owners whose journal has no room here or was never asked for; the oldest go first
create table loose_entry (
  hive text not null,
  node text not null,
  incarnation integer not null,
  seq integer not null,
  digest blob not null,
  header blob not null,
  signature blob not null,
  body blob not null,
  arrival integer primary key autoincrement,
  unique (hive, node, incarnation, seq)
) strict;
create index loose_entry_digest on loose_entry (digest);
`
